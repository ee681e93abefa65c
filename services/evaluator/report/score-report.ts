import { z } from 'zod'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { Difference, MeasuredRow } from '../evaluation/evaluation-result.js'
import { isSurvFace } from '../evaluation/measure-condition.js'
import { compareMeasurements } from '../measure/compare-measurements.js'
import type { Condition } from '../measure/conditions.js'
import type { Measurement } from '../measure/figure.js'
import { measureIdentification } from '../measure/measure-identification.js'
import { measureVerification } from '../measure/measure-verification.js'
import { createSubjectNumbers } from '../measure/subjects.js'
import { type OpenScoreFile, readPairSubjects } from '../score/read-score-file.js'
import { type Report, type ReportRun, readRun } from './read-report.js'
import type { ScoredReport } from './report-page.js'
import { reportScores } from './report-scores.js'
import { isSame } from './report-tables.js'
import { type ScoreSummary, type SummaryOptions, summarizeScores } from './summarize-scores.js'

const Resolution = z.union([z.literal('full').transform(() => 0), z.coerce.number<string>().int().positive()])

/** The notes that a report needs, see scoreNotes. */
const NotesSchema = z.object({
  protocol: z.string(),
  model: z.string(),
  probe_resolution: Resolution,
  gallery_resolution: Resolution,
  run: z.string().transform((text, context) => {
    try {
      return readRun(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'is not what an evaluation writes' })
      return z.NEVER
    }
  }),
  model_order: z.coerce.number<string>().int(),
  replicates: z.coerce.number<string>().int().positive(),
  failed_extractions: z.coerce.number<string>().int(),
  failed: z
    .string()
    .transform((text) => z.array(z.object({ image: z.string(), reason: z.string() })).parse(JSON.parse(text))),
  gallery_number: z.coerce.number<string>().int().default(1),
  galleries: z.coerce.number<string>().int().default(1),
})

/** A score file with what it says of itself. */
interface NotedFile {
  readonly file: OpenScoreFile
  readonly notes: z.infer<typeof NotesSchema>
  readonly condition: Condition
}

/** Files of one model by one protocol under one condition: one for each gallery. */
type Galleries = readonly NotedFile[]

/**
 * Measures score files again, and makes reports of them as the evaluation would: of the files of one run one report, whose models are
 * compared; the same comparisons evaluated apart, with another model, are one run. Figures and intervals are those of the evaluation.
 * @param files in the order that models are to stand in, unless one evaluation has them in an order of its own
 * @throws DomainError SCORES_FILE_INVALID also for a file that is there twice, and where one of several galleries is missing
 */
export async function reportsOfScores(
  files: readonly OpenScoreFile[],
  options: SummaryOptions,
): Promise<ScoredReport[]> {
  const runs = groupBy(files.map(readNotes), ({ file }) => file.notes.run as string)
  const reports: ScoredReport[] = []
  for (const members of runs) reports.push(await reportOfRun(members, options))
  return reports
}

async function reportOfRun(files: readonly NotedFile[], options: SummaryOptions): Promise<ScoredReport> {
  const { run } = (files[0] as NotedFile).notes
  const inOrder = [...files].sort((a, b) => a.notes.model_order - b.notes.model_order)
  const models = new Map(inOrder.map(({ notes }) => [notes.model, notes]))
  const rows: MeasuredRow[] = []
  const differences: Difference[] = []
  const summaries: ScoreSummary[] = []
  for (const { name: protocol } of run.protocols) {
    const own = inOrder.filter(({ notes }) => notes.protocol === protocol)
    for (const condition of conditionsOf(own)) {
      const under = own.filter((each) => isSame(each.condition, condition))
      let first: Measurement | undefined
      for (const galleries of groupBy(under, ({ notes }) => notes.model)) {
        const { notes } = galleries[0] as NotedFile
        const place = { protocol, condition, model: notes.model }
        const measurement = await measure(galleries, run, summaries, options)
        rows.push({ ...place, figures: measurement.figures })
        if (first === undefined) first = measurement
        else {
          const found = compareMeasurements(first, measurement, BigInt(run.spec.seed))
          differences.push(...found.map((difference) => ({ ...place, ...difference })))
        }
      }
    }
  }
  const order = [...models.keys()]
  const report: Report = {
    ...run,
    models: [...models.values()].map(({ model, failed_extractions: failures, failed }) => {
      return { version: model, failures, failed }
    }),
    // As a report.json has them: plots of one model stand together.
    rows: run.protocols.flatMap(({ name }) =>
      order.flatMap((model) => rows.filter((row) => row.protocol === name && row.model === model)),
    ),
    differences,
  }
  return { report, scores: reportScores(report, summaries) }
}

async function measure(
  given: Galleries,
  { spec }: ReportRun,
  summaries: ScoreSummary[],
  options: SummaryOptions,
): Promise<Measurement> {
  const galleries = complete(given)
  const { replicates, protocol } = (galleries[0] as NotedFile).notes
  const settings = { seed: BigInt(spec.seed), replicates, survFace: isSurvFace(protocol) }
  const subjects = createSubjectNumbers()
  const searched = []
  for (const { file } of galleries) {
    const read = await summarizeScores(file, options)
    summaries.push(read.summary)
    if (read.kind === 'verification') {
      return measureVerification({ ...read.pairs, ...(await readPairSubjects(file, subjects)) }, settings)
    }
    const { outcomes, probes, size } = read.searches
    const subjectOf = Uint32Array.from(probes, ({ template, subject }) => subjects.of(template, subject))
    searched.push({ outcomes, size, subjectOf })
  }
  return measureIdentification(searched, subjects.count, settings)
}

/** @returns the galleries in their order. @throws DomainError SCORES_FILE_INVALID */
function complete(files: Galleries): Galleries {
  const { file, notes } = files[0] as NotedFile
  const sorted = [...files].sort((a, b) => a.notes.gallery_number - b.notes.gallery_number)
  for (const [i, { file: own, notes: found }] of sorted.entries()) {
    const before = sorted[i - 1]
    if (before?.notes.gallery_number === found.gallery_number)
      throw invalid(own, `has the same scores as ${before.file.name}: name one of them`)
  }
  if (sorted.length === notes.galleries) return sorted
  throw invalid(file, `has one of ${notes.galleries} galleries, whose figures are averaged: name the files of all`)
}

/** By rising resolution of the probe, then of the gallery, full last; as conditionsOf of an evaluation has them. */
function conditionsOf(files: readonly NotedFile[]): Condition[] {
  const height = (resolution: number) => resolution || Number.MAX_SAFE_INTEGER
  return groupBy(files, ({ condition }) => `${condition.probe} ${condition.gallery}`)
    .map((members) => (members[0] as NotedFile).condition)
    .sort((a, b) => height(a.probe) - height(b.probe) || height(a.gallery) - height(b.gallery))
}

function readNotes(file: OpenScoreFile): NotedFile {
  const parsed = NotesSchema.safeParse(file.notes)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(
      file,
      `lacks what a report needs (${issue?.path.join('.')}: ${issue?.message}): evaluate again, or read it with \`crossres metrics\``,
    )
  }
  const { probe_resolution: probe, gallery_resolution: gallery } = parsed.data
  return { file, notes: parsed.data, condition: { probe, gallery } }
}

function invalid({ name }: OpenScoreFile, problem: string): DomainError {
  return new DomainError('SCORES_FILE_INVALID', `${name} ${problem}.`, { file: name })
}

/** @returns groups in the order that their first members stand in */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups.values()]
}
