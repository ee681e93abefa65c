import type { Command } from 'commander'
import { areaUnderRoc } from '../../../libs/metrics/auc.js'
import { equalErrorRate } from '../../../libs/metrics/eer.js'
import { fnmrAtFmr, type OperatingPoint } from '../../../libs/metrics/fnmr-at-fmr.js'
import { comparedScores, type VerificationScores } from '../../../libs/metrics/verification-scores.js'
import type { Run } from '../context.js'
import { rates } from '../option-values.js'
import { count, table } from '../output.js'
import { growable } from './metrics-growable.js'
import { scoresEmpty } from './metrics-score-errors.js'
import { MATED, readScoreFile, SCORE } from './metrics-score-file.js'
import { byTarget, failuresNote, finite, percent } from './metrics-text.js'

const DEFAULT_FARS = [0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]

/** Adds `crossres metrics verification`. */
export function addMetricsVerification(metrics: Command, run: Run): void {
  metrics
    .command('verification')
    .description('ROC figures of comparisons: columns score, mated (1 or 0)')
    .argument('<file>', 'CSV or Parquet')
    .option('--far <rates>', 'false accept rates, with commas between', rates, DEFAULT_FARS)
    .addHelpText('after', HELP)
    .action(
      run(async ({ output }, file: string, { far }: { far: readonly number[] }) => {
        const { scores, failed } = await readVerification(file)
        const points = far.map((target) => fnmrAtFmr(scores, target))
        const [auc, eer] = [areaUnderRoc(scores), equalErrorRate(scores)]
        const [mated, nonMated] = [scores.mated.length, scores.nonMated.length]
        failuresNote(output, failed, 'comparison')
        output.result(
          {
            file,
            mated,
            non_mated: nonMated,
            failed,
            auc,
            eer,
            tar_at_far: byTarget(far, (index) => points[index]?.tar),
            threshold_at_far: byTarget(far, (index) => finite(points[index]?.threshold)),
          },
          () =>
            [
              `${count(mated, 'mated comparison')}, ${nonMated} non-mated.`,
              `AUC  ${auc.toFixed(6)}\nEER  ${percent(eer)}`,
              pointsText(far, points),
              ...unresolved(far, nonMated),
            ].join('\n\n'),
        )
      }),
    )
}

async function readVerification(file: string): Promise<{ scores: VerificationScores; failed: number }> {
  const scores = growable(Float64Array)
  const mated = growable(Uint8Array)
  let failed = 0
  await readScoreFile(file, [SCORE, MATED], ([score, isMated]) => {
    scores.push(score)
    mated.push(isMated)
    if (Number.isNaN(score)) failed++
  })
  const compared = comparedScores(scores.values(), mated.values())
  for (const [side, { length }] of [
    ['mated', compared.mated],
    ['non-mated', compared.nonMated],
  ] as const) {
    if (length === 0) throw scoresEmpty(file, `no ${side} comparison, and every figure needs both kinds`)
  }
  return { scores: compared, failed }
}

function pointsText(fars: readonly number[], points: readonly OperatingPoint[]): string {
  return table(
    ['FAR', 'TAR', 'FNMR', 'Threshold'],
    points.map(({ tar, fnmr, threshold }, index) => [
      String(fars[index]),
      percent(tar),
      percent(fnmr),
      Number.isFinite(threshold) ? threshold.toPrecision(6) : 'none',
    ]),
  )
}

/** A rate that allows not one false accept is not measured. */
function unresolved(fars: readonly number[], nonMated: number): string[] {
  const tooLow = fars.filter((far) => far * nonMated < 1)
  if (tooLow.length === 0) return []
  const few = count(nonMated, 'non-mated comparison')
  return [`With ${few}, FAR ${tooLow.join(', ')} allows none of them: a rate that low takes more to be measured.`]
}

const HELP = `
A comparison is accepted when its score is at or above the threshold. TAR at FAR is that of the lowest threshold whose FAR does not
exceed the target; nothing is interpolated, and scores that are tied come in together or not at all.

Examples:
  crossres metrics verification pairs.csv
  crossres metrics verification pairs.parquet --far 0.001,0.0001 --json`
