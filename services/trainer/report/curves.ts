import type { Series } from '../../../libs/report/line-chart.js'
import type { MetricsLine } from '../run/metrics-log.js'

/** Figures of one step. */
export type StepLine = Extract<MetricsLine, { readonly losses: unknown }>

/** Figures of one validation. */
export type ValidationLine = Extract<MetricsLine, { readonly validation: unknown }>

/** More points than a plot has pixels only make its lines thick. */
const MOST_POINTS = 300

/** @returns what was written after each step */
export const stepLines = (lines: readonly MetricsLine[]) => lines.filter((line): line is StepLine => 'losses' in line)

/** @returns what was written after each validation */
export const validationLines = (lines: readonly MetricsLine[]) =>
  lines.filter((line): line is ValidationLine => 'validation' in line)

/**
 * @param value of a step; undefined: the step has none
 * @returns a curve over the steps, each point the mean over neighbouring ones where there are more than a plot shows
 */
export function curve(name: string, lines: readonly StepLine[], value: (line: StepLine) => number | undefined): Series {
  const points = lines.flatMap((line) => {
    const y = value(line)
    return y === undefined ? [] : [[line.step, y] as const]
  })
  const size = Math.ceil(points.length / MOST_POINTS)
  const groups = Array.from({ length: Math.ceil(points.length / (size || 1)) }, (_, group) =>
    points.slice(group * size, (group + 1) * size),
  )
  return { name, points: groups.map((group) => [mean(group.map(([x]) => x)), mean(group.map(([, y]) => y))]) }
}

/** Kept with the losses, but none of them: it would stretch their axis. */
export const GRADIENT_NORM = 'gradientNorm'

/** @returns one curve for each loss, "total" first, the others by name */
export function lossCurves(lines: readonly StepLine[]): Series[] {
  const found = new Set(lines.flatMap(({ losses }) => Object.keys(losses)))
  const names = [...found].filter((name) => name !== GRADIENT_NORM).sort()
  const ordered = names.includes('total') ? ['total', ...names.filter((name) => name !== 'total')] : names
  // A method of one loss has it twice.
  const [first = '', second = ''] = ordered
  const twice = ordered.length === 2 && lines.every(({ losses }) => losses[first] === losses[second])
  return (twice ? [first] : ordered).map((name) => curve(name, lines, ({ losses }) => losses[name]))
}

/** @returns TAR by resolution over the steps, and the mean that picks the best */
export function validationCurves(lines: readonly ValidationLine[]): Series[] {
  const resolutions = [...new Set(lines.flatMap(({ validation }) => Object.keys(validation.tar)))]
  return [
    ...resolutions.map((resolution) => ({
      name: resolutionName(resolution),
      points: lines.map(({ step, validation }) => [step, validation.tar[resolution] ?? Number.NaN] as const),
    })),
    { name: 'mean', points: lines.map(({ step, validation }) => [step, validation.score] as const) },
  ]
}

/** @returns "24" as "24 px", "full" as "full resolution" */
export const resolutionName = (resolution: string) =>
  /^\d+$/.test(resolution) ? `${resolution} px` : `${resolution} resolution`

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
