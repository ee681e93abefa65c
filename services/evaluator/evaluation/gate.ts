import { z } from 'zod'
import { DomainError } from '../../../libs/config/domain-error.js'
import { resolutionText } from '../measure/conditions.js'
import { type Figure, METRICS } from '../measure/figure.js'
import type { EvaluationResult, MeasuredRow } from './evaluation-result.js'

const Resolution = z.union([z.literal('full'), z.int().positive().transform(String), z.string().regex(/^\d+$/)])

/** A figure of the first model that must not fall below, or rise above, a bound. */
const PromiseSchema = z
  .strictObject({
    metric: z.enum(METRICS),
    /** The FAR, FPIR or rank; left out for metrics without one. */
    parameter: z.number().positive().default(0),
    /** Of the probes. */
    probe: Resolution.default('full'),
    gallery: Resolution.default('full'),
    /** The first protocol that has the figure where it is left out. */
    protocol: z.string().optional(),
    at_least: z.number().optional(),
    at_most: z.number().optional(),
  })
  .refine(({ at_least, at_most }) => at_least !== undefined || at_most !== undefined, 'needs at_least or at_most')

/** What a gate file holds. */
const GateSchema = z.strictObject({ promises: z.array(PromiseSchema).min(1) })

/** See GateSchema. */
export type Gate = z.infer<typeof GateSchema>

/**
 * Reads a gate file.
 * @param name of the file, for the error
 * @throws DomainError GATE_INVALID
 */
export function parseGate(text: string, name: string): Gate {
  const invalid = (problem: string) =>
    new DomainError(
      'GATE_INVALID',
      `${name} is no gate: ${problem}. It holds {"promises": [{"metric": "tar_at_far", "parameter": 0.001, "probe": "16", "at_least": 0.5}, ...]}.`,
    )
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause))
  }
  const parsed = GateSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}

/** @returns a line for each promise that is not kept; a figure that was not measured keeps none */
export function brokenPromises({ promises }: Gate, { rows, models }: EvaluationResult): string[] {
  const own = rows.filter(({ model }) => model === models[0]?.version)
  return promises.flatMap((promise) => {
    const { metric, parameter, probe, gallery, at_least, at_most } = promise
    const name = `${metric}${parameter === 0 ? '' : ` ${parameter}`} at probe ${probe}, gallery ${gallery}`
    const figure = find(own, promise)
    if (figure === undefined) return [`${name} is promised and was not measured`]
    const value = figure.value.toPrecision(4)
    if (at_least !== undefined && figure.value < at_least) return [`${name} is ${value}, promised at least ${at_least}`]
    if (at_most !== undefined && figure.value > at_most) return [`${name} is ${value}, promised at most ${at_most}`]
    return []
  })
}

function find(rows: readonly MeasuredRow[], promise: Gate['promises'][number]): Figure | undefined {
  for (const { protocol, condition, figures } of rows) {
    if (promise.protocol !== undefined && promise.protocol !== protocol) continue
    if (resolutionText(condition.probe) !== promise.probe || resolutionText(condition.gallery) !== promise.gallery)
      continue
    const figure = figures.find(({ metric, parameter }) => metric === promise.metric && parameter === promise.parameter)
    if (figure) return figure
  }
  return undefined
}
