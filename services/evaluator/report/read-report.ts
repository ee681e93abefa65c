import { z } from 'zod'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { EnhancerRun } from '../enhance/enhancement.js'
import type { Difference, EvaluationResult, MeasuredRow } from '../evaluation/evaluation-result.js'
import type { EvaluationSpec } from '../evaluation/evaluation-spec.js'
import type { Condition } from '../measure/conditions.js'
import { type Figure, hasTargets, METRICS, type Metric } from '../measure/figure.js'

/** What a report.json says, in the terms of an EvaluationResult. */
export interface Report extends Pick<EvaluationResult, 'protocols' | 'dataset' | 'rows' | 'differences'> {
  readonly spec: Pick<
    EvaluationSpec,
    'protocol' | 'folder' | 'side' | 'faces' | 'routing' | 'seed' | 'subjects' | 'heldOut'
  >
  /** Version of crossres; empty where it is not known. */
  readonly software: string
  /** What enhanced the probes. */
  readonly enhancer?: EnhancerRun
  readonly models: readonly {
    readonly version: string
    readonly failures: number
    /** The first of them. */
    readonly failed: readonly { readonly image: string; readonly reason: string }[]
  }[]
}

const Resolution = z
  .string()
  .regex(/^(full|\d+)$/)
  .transform((name) => (name === 'full' ? 0 : Number(name)))
const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() })
const One = Interval.extend({ count: z.number() })
const Figures = z.record(z.string(), z.union([z.array(z.number()), z.record(z.string(), z.unknown())]))

/** What was run; runDocument describes it. */
const RunSchema = z.object({
  schema: z.literal(1),
  software: z.string().default(''),
  protocol: z.string(),
  data: z.string(),
  dataset: z.string(),
  seed: z.number(),
  subjects: z.array(z.string()).exactOptional(),
  held_out: z.number().exactOptional(),
  degraded: z.enum(['probe', 'gallery', 'both', 'matrix']),
  faces: z.enum(['largest', 'whole']),
  routing: z.boolean(),
  enhancer: z
    .object({ model: z.string(), digest: z.string(), scale: z.number(), below: z.number().nullable() })
    .exactOptional(),
  compared: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['verification', 'identification']),
      images: z.number(),
      templates: z.number(),
      comparisons: z.number(),
    }),
  ),
})

/** The part of `report.json` that reports are drawn from; resultDocument describes it. */
const DocumentSchema = RunSchema.extend({
  models: z
    .array(
      z.object({
        model: z.string(),
        failed_extractions: z.number(),
        failed: z.array(z.object({ image: z.string(), reason: z.string() })),
        protocols: z.record(
          z.string(),
          z.array(z.object({ probe: Resolution, gallery: Resolution, figures: Figures })),
        ),
      }),
    )
    .min(1),
  differences: z.array(
    Interval.extend({
      probe: Resolution,
      gallery: Resolution,
      protocol: z.string(),
      model: z.string(),
      metric: z.enum(METRICS),
      parameter: z.number(),
    }),
  ),
})

/**
 * Reads a report.json.
 * @param name of the file, for the error
 * @throws DomainError REPORT_INVALID
 */
export function readReport(text: string, name: string): Report {
  try {
    return toReport(DocumentSchema.parse(JSON.parse(text)))
  } catch (error) {
    throw new DomainError(
      'REPORT_INVALID',
      `${name} is no report of an evaluation: ${problemOf(error)}. Name a report.json that \`crossres evaluate --out\` wrote, or its folder.`,
      { file: name },
    )
  }
}

function problemOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}

/** What a report says of what was run. */
export type ReportRun = Pick<Report, 'spec' | 'software' | 'protocols' | 'dataset' | 'enhancer'>

/**
 * Reads what runDocument has made.
 * @throws Error where it has not
 */
export function readRun(text: string): ReportRun {
  return toRun(RunSchema.parse(JSON.parse(text)))
}

function toRun(document: z.infer<typeof RunSchema>): ReportRun {
  const { protocol, data, dataset, seed, degraded, faces, routing, compared, enhancer, software } = document
  const { subjects, held_out: heldOut } = document
  const chosen = { ...(subjects ? { subjects } : {}), ...(heldOut === undefined ? {} : { heldOut }) }
  return {
    spec: { protocol, folder: data, side: degraded, faces, routing, seed, ...chosen },
    software,
    protocols: compared,
    dataset,
    ...(enhancer ? { enhancer } : {}),
  }
}

function toReport(document: z.infer<typeof DocumentSchema>): Report {
  const { models, differences } = document
  const run = toRun(document)
  return {
    ...run,
    models: models.map(({ model, failed_extractions, failed }) => ({
      version: model,
      failures: failed_extractions,
      failed,
    })),
    rows: run.protocols.flatMap(({ name }) =>
      models.flatMap(({ model, protocols }) =>
        (protocols[name] ?? []).map(({ probe, gallery, figures }): MeasuredRow => {
          return { protocol: name, model, condition: { probe, gallery }, figures: toFigures(figures) }
        }),
      ),
    ),
    differences: differences.map(
      ({ probe, gallery, ...rest }): Difference => ({ ...rest, condition: { probe, gallery } satisfies Condition }),
    ),
  }
}

/** Undoes figuresDocument. */
function toFigures(document: z.infer<typeof Figures>): Figure[] {
  return Object.entries(document).flatMap(([name, value]): Figure[] => {
    if (Array.isArray(value)) {
      return value.map((rate, i) => ({ metric: 'cmc', parameter: i + 1, value: rate, low: rate, high: rate, count: 0 }))
    }
    if (hasTargets(name as Metric)) {
      return Object.entries(value)
        .filter(([target]) => Number.isFinite(Number(target)))
        .map(([target, figure]) => ({ metric: name as Metric, parameter: Number(target), ...One.parse(figure) }))
    }
    const rank = /^rank(\d+)$/.exec(name)
    const [metric, parameter] = rank ? (['rank', Number(rank[1])] as const) : ([name as Metric, 0] as const)
    return [{ metric, parameter, ...One.parse(value) }]
  })
}
