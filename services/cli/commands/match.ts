import { type Command, Option } from 'commander'
import type { MatchResponse } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { decisionName, thresholdDocument } from '../enum-names.js'
import { EXIT_CODE } from '../failure.js'
import { decisionTarget, FACES, integer, number, rate } from '../option-values.js'
import { score, table } from '../output.js'
import { readPicture } from '../picture-file.js'
import { collectItems } from '../progress.js'
import { galleryName, lastSegment } from '../resource-names.js'
import { type ItemOutcome, streamItems } from '../stream-items.js'

interface MatchOptions {
  readonly gallery: string
  readonly max: number
  readonly faces: 'largest' | 'whole'
  readonly trueResolution?: number
  readonly threshold?: number
  readonly fpir?: number
  readonly fmr?: number
  readonly fuse?: true
}

/** The files of one search. */
type Search = readonly string[]

/** Adds `crossres match`. */
export function addMatch(program: Command, run: Run): void {
  program
    .command('match')
    .description('search a gallery for the person on a picture (1:N)')
    .requiredOption('--gallery <id>', 'the gallery')
    .argument('<file...>', 'probes; each is a search of its own')
    .option('--max <candidates>', 'show at most this many candidates', integer(1, 1_000), 5)
    .addOption(
      new Option('--faces <which>', 'which face of each picture').choices(['largest', 'whole']).default('largest'),
    )
    .option('--true-resolution <pixels>', 'what the probes really have where they were enlarged', integer(1))
    .option('--threshold <cosine>', 'decide by this cosine', number(-1, 1))
    .option('--fpir <rate>', 'decide so that this share of searches for strangers finds somebody', rate)
    .option('--fmr <rate>', 'decide so that this share of different people match', rate)
    .option('--fuse', 'all files show one person: one search')
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal, startProgress }, files: string[], options: MatchOptions) => {
        const target = decisionTarget(options)
        const searches: Search[] = options.fuse ? [files] : files.map((file) => [file])
        const toFace = async (file: string) => ({
          input: { $case: 'image' as const, value: await readPicture(file) },
          faces: FACES[options.faces],
          trueResolution: options.trueResolution ?? 0,
        })
        const outcomes = await withClients(async ({ galleryIndex }) => {
          const answers = streamItems(
            searches,
            async (search) => ({
              gallery: galleryName(options.gallery),
              probe: await Promise.all(search.map(toFace)),
              maxCandidates: options.max,
              ...(target ? { target } : {}),
            }),
            (requests) => galleryIndex.matchStream(requests, { signal }),
          )
          return collectItems(startProgress('Matching', searches.length), answers)
        })
        output.result({ gallery: options.gallery, results: outcomes.map(resultDocument) }, () => text(outcomes))
        let failed = false
        for (const outcome of outcomes) {
          if (!('failure' in outcome)) continue
          failed = true
          output.note(`error: ${outcome.item.join(', ')}: ${outcome.failure.message} (${outcome.failure.reason})`)
        }
        return failed ? EXIT_CODE.failed : EXIT_CODE.ok
      }),
    )
}

function resultDocument(outcome: ItemOutcome<Search, MatchResponse>) {
  const { item } = outcome
  const probe = item.length === 1 ? { file: item[0] } : { files: item }
  if ('failure' in outcome) {
    const { status, reason, message } = outcome.failure
    return { ...probe, error: { status, reason, message } }
  }
  const { response } = outcome
  return {
    ...probe,
    decision: decisionName(response.decision),
    candidates: response.candidates.map((candidate) => ({
      subject: lastSegment(candidate.subject),
      score: candidate.score,
      rank: candidate.rank,
      fmr: candidate.fmr ?? null,
    })),
    threshold: thresholdDocument(response.threshold),
    probeResolution: response.probeResolution,
    gallerySize: response.gallerySize,
    modelVersion: response.modelVersion,
  }
}

function text(outcomes: readonly ItemOutcome<Search, MatchResponse>[]): string {
  const rows: string[][] = []
  const explanations = new Set<string>()
  for (const outcome of outcomes) {
    const probe = outcome.item.join(' + ')
    if ('failure' in outcome) {
      rows.push([probe, '', outcome.failure.reason, '', '', ''])
      continue
    }
    const { candidates, decision, probeResolution, threshold } = outcome.response
    if (threshold?.explanation) explanations.add(threshold.explanation)
    rows.push([probe, `${probeResolution} px`, decisionName(decision), '', '', ''])
    for (const candidate of candidates) {
      const rate = candidate.fmr === undefined ? '' : candidate.fmr.toPrecision(2)
      const row = [String(candidate.rank), lastSegment(candidate.subject), score(candidate.score), rate]
      // The best candidate stands in the line of its probe.
      if (candidate.rank === 1)
        rows.splice(-1, 1, [probe, `${probeResolution} px`, decisionName(decision), ...row.slice(1)])
      else rows.push(['', '', '', ...row.slice(1)])
    }
  }
  return [table(['Probe', 'Resolution', 'Decision', 'Subject', 'Score', 'FMR'], rows), ...explanations].join('\n')
}

const HELP = `
The exit code is 0 whatever the decision.

Examples:
  crossres match --gallery staff visitor.jpg
  crossres match --gallery staff --faces whole --threshold 0.9 chip-16px.png
  crossres match --gallery staff --fuse track/*.png --json`
