import type { Command } from 'commander'
import { cmc } from '../../../libs/metrics/cmc.js'
import { fnirAtFpir, type OpenSetPoint } from '../../../libs/metrics/fnir-at-fpir.js'
import { meanAveragePrecision } from '../../../libs/metrics/mean-average-precision.js'
import { openSetScores } from '../../../libs/metrics/open-set-scores.js'
import type { Run } from '../context.js'
import { integer, rates } from '../option-values.js'
import { count, table } from '../output.js'
import { readSearches } from './metrics-searches.js'
import { byTarget, failuresNote, finite, percent } from './metrics-text.js'

const DEFAULT_FPIRS = [0.3, 0.2, 0.1, 0.03, 0.01, 0.003, 0.001]
const SHOWN_RANKS = [1, 5, 10, 20, 50]

interface IdentificationOptions {
  readonly fpir: readonly number[]
  readonly ranks?: number
  readonly rankLimit?: number
}

/** Adds `crossres metrics identification`. */
export function addMetricsIdentification(metrics: Command, run: Run): void {
  metrics
    .command('identification')
    .description('CMC, mAP and open-set figures of searches: columns probe, probe_subject, gallery_subject, score')
    .argument('<file>', 'CSV or Parquet, one row for each probe and gallery template')
    .option('--fpir <rates>', 'false positive identification rates, with commas between', rates, DEFAULT_FPIRS)
    .option('--ranks <count>', 'how far the CMC goes; default the longest list of candidates', integer(1))
    .option('--rank-limit <rank>', 'FNIR counts a mate beyond this rank as missed; default without limit', integer(1))
    .addHelpText('after', HELP)
    .action(
      run(async ({ output }, file: string, options: IdentificationOptions) => {
        const { outcomes, candidates, failed } = await readSearches(file)
        const { fpir, rankLimit, ranks = candidates } = options
        const openSet = openSetScores(outcomes, rankLimit)
        const points = fpir.map((target) => fnirAtFpir(openSet, target))
        const curve = cmc(outcomes, ranks)
        const map = meanAveragePrecision(outcomes)
        const [mated, nonMated] = [openSet.mated.length, openSet.nonMated.length]
        failuresNote(output, failed, 'comparison')
        output.result(
          {
            file,
            mated_searches: mated,
            non_mated_searches: nonMated,
            failed,
            cmc: Array.from(curve),
            map: finite(map),
            fnir_at_fpir: byTarget(fpir, (index) => finite(points[index]?.fnir)),
            threshold_at_fpir: byTarget(fpir, (index) => finite(points[index]?.threshold)),
          },
          () =>
            [
              `${count(mated, 'mated search', 'mated searches')}, ${nonMated} non-mated.`,
              ...(mated > 0 ? [closedSetText(curve, map)] : []),
              ...openSetText(fpir, points, mated, nonMated),
            ].join('\n\n'),
        )
      }),
    )
}

function closedSetText(curve: Float64Array, map: number): string {
  const ranks = SHOWN_RANKS.filter((rank) => rank <= curve.length)
  const rows = ranks.map((rank) => [`Rank ${rank}`, percent(curve[rank - 1] as number)])
  return `${table(['Mate found by', 'Share'], rows)}\n\nmAP  ${percent(map)}`
}

function openSetText(
  fpirs: readonly number[],
  points: readonly OpenSetPoint[],
  mated: number,
  nonMated: number,
): string[] {
  if (nonMated === 0) return ['FNIR at FPIR: there is no non-mated search to find thresholds with.']
  const rows = points.map(({ fnir, threshold }, index) => [
    String(fpirs[index]),
    mated > 0 ? percent(fnir) : '',
    Number.isFinite(threshold) ? threshold.toPrecision(6) : 'none',
  ])
  const tooLow = fpirs.filter((fpir) => fpir * nonMated < 1)
  const few = count(nonMated, 'non-mated search', 'non-mated searches')
  return [
    table(['FPIR', 'FNIR', 'Threshold'], rows),
    ...(tooLow.length > 0
      ? [`With ${few}, FPIR ${tooLow.join(', ')} allows none of them: a rate that low takes more to be measured.`]
      : []),
  ]
}

const HELP = `
A probe whose subject has no row as gallery_subject anywhere in the file is non-mated. An empty subject is nobody known: a probe of it
is non-mated, a gallery template of it a distractor. The threshold at an FPIR is the lowest top score of a non-mated search at which
FPIR does not exceed the target; a score at the threshold counts. Of equal scores the mate is taken to come last.
mAP is that of TinyFace: the area under precision over recall by trapezoids.

Examples:
  crossres metrics identification searches.csv
  crossres metrics identification searches.parquet --fpir 0.01,0.003 --rank-limit 20 --json`
