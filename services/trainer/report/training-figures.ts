import type { Html } from '../../../libs/report/html.js'
import { lineChart, type Series } from '../../../libs/report/line-chart.js'
import { dataTable, figure } from '../../../libs/report/page.js'
import type { Axis } from '../../../libs/report/plot-scales.js'
import type { MetricsLine } from '../run/metrics-log.js'
import {
  curve,
  GRADIENT_NORM,
  lossCurves,
  stepLines,
  type ValidationLine,
  validationCurves,
  validationLines,
} from './curves.js'

const STEP: Axis = { label: 'Step', integers: true }

/**
 * @param schedule the setting: rates of "plateau" fall by factors
 * @returns the plots of a run, none before its first step
 */
export async function trainingFigures(lines: readonly MetricsLine[], schedule: string | undefined): Promise<Html[]> {
  const steps = stepLines(lines)
  const validations = validationLines(lines)
  if (steps.length === 0 && validations.length === 0) return []
  return [
    ...(validations.length > 0 ? [await validationFigure(validations)] : []),
    await stepsFigure({
      caption: 'Losses',
      note: 'What the optimizer lowers: the total, and what it is made of.',
      y: { label: 'Loss', zero: false, format: '~g' },
      series: lossCurves(steps),
    }),
    await stepsFigure({
      caption: 'Learning rate',
      note: 'What each step’s gradients are multiplied by.',
      y: schedule === 'plateau' ? { label: 'Learning rate', scale: 'log' } : { label: 'Learning rate', format: '~g' },
      series: [curve('rate', steps, ({ rate }) => rate)],
    }),
    ...(steps.some(({ losses }) => GRADIENT_NORM in losses)
      ? [
          await stepsFigure({
            caption: 'Gradient norm',
            note: 'The length of all weights’ gradients together; peaks tell of an unsteady training.',
            y: { label: 'Norm', scale: 'log' },
            series: [curve('norm', steps, ({ losses }) => losses[GRADIENT_NORM])],
          }),
        ]
      : []),
    await stepsFigure({
      caption: 'Degraded images',
      note: 'The share of images that are degraded: the curriculum.',
      y: { label: 'Share', domain: [0, 1], format: '.0%' },
      series: [curve('share', steps, ({ share }) => share)],
    }),
    await stepsFigure({
      caption: 'Speed',
      note: 'Images a second, mean over the last steps.',
      y: { label: 'Images a second' },
      series: [curve('speed', steps, ({ imagesPerSecond }) => imagesPerSecond)],
    }),
    await stepsFigure({
      caption: 'Waiting for data',
      note: 'The share of the time in which the network waited for images: more loader threads lower it.',
      y: { label: 'Share', format: '~%' },
      series: [curve('wait', steps, ({ dataWaitShare }) => dataWaitShare)],
    }),
  ]
}

async function validationFigure(lines: readonly ValidationLine[]): Promise<Html> {
  const best = lines.findLast(({ validation }) => validation.best)
  const series = validationCurves(lines)
  const caption = 'Validation'
  const note =
    'TAR at FAR 1e-2 on held-out subjects by the probe’s resolution, the gallery sharp; the mean picks the best.'
  const svg = await lineChart({
    title: caption,
    description: note,
    x: STEP,
    y: { label: 'TAR', zero: false, format: '~%' },
    series,
    dots: lines.length <= 50,
    marks: best ? [{ x: best.step, y: best.validation.score, label: 'best' }] : [],
  })
  const table = dataTable(
    ['Step', ...series.map(({ name }) => name), ''],
    lines.map((line, row) => [
      line.step,
      ...series.map(({ points }) => `${(100 * (points[row]?.[1] ?? Number.NaN)).toFixed(2)} %`),
      line === best ? 'best' : '',
    ]),
  )
  return figure({ caption, note, svg, table })
}

interface StepsFigure {
  readonly caption: string
  readonly note: string
  readonly y: Axis
  readonly series: readonly Series[]
}

/** Rows of a table: those who want every step have metrics.jsonl. */
const ROWS = 12

async function stepsFigure({ caption, note, y, series }: StepsFigure): Promise<Html> {
  const svg = await lineChart({ title: caption, description: note, x: STEP, y, series })
  const points = series[0]?.points ?? []
  const every = Math.max(1, Math.ceil(points.length / ROWS))
  const rows = points.flatMap(([step], index) =>
    index % every === 0 || index === points.length - 1
      ? [[Math.round(step), ...series.map((each) => numberText(each.points[index]?.[1]))]]
      : [],
  )
  return figure({ caption, note, svg, table: dataTable(['Step', ...series.map(({ name }) => name)], rows) })
}

const numberText = (value: number | undefined) => (value === undefined ? '' : Number(value.toPrecision(4)))
