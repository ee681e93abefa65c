import { heatMap } from '../../../libs/report/heat-map.js'
import { histogram } from '../../../libs/report/histogram.js'
import type { Html } from '../../../libs/report/html.js'
import { lineChart, type Series } from '../../../libs/report/line-chart.js'
import { figure } from '../../../libs/report/page.js'
import type { Axis } from '../../../libs/report/plot-scales.js'
import { type Condition, resolutionText, risingResolutions } from '../measure/conditions.js'
import { hasTargets, MAIN_TARGET } from '../measure/figure.js'
import type { Report } from './read-report.js'
import type { ConditionScores } from './report-scores.js'
import { conditionText, metricTitle, modelText, type ReportTable } from './report-tables.js'
import { SCORE_BINS } from './score-counts.js'
import { RATES } from './summarize-scores.js'

/** What curves are told apart by. */
interface Place {
  readonly model: string
  readonly condition: Condition
}

/**
 * Draws the curves of a protocol, whose scores are given. One model: a plot holds its resolutions. Several: a plot for each resolution holds the models.
 * Of a matrix the conditions with the gallery at full resolution are drawn.
 */
export async function curveFigures(report: Report, protocol: string, own: readonly ConditionScores[]) {
  const kind = report.protocols.find(({ name }) => name === protocol)?.kind
  const missed = (each: ConditionScores) => points(each, (miss) => miss)
  const found = (each: ConditionScores) => points(each, (miss) => 1 - miss)
  const draw = (name: string, x: string, y: string, isError: boolean) => {
    const axes = [logAxis(x, own.flatMap(rates)), isError ? logAxis(y, own.flatMap(misses)) : share(y)] as const
    return charts(report, name, resolved(own), ...axes, isError ? missed : found)
  }
  if (kind === 'verification') {
    return [...(await draw('ROC', 'FAR', 'TAR', false)), ...(await draw('DET', 'FMR', 'FNMR', true))]
  }
  const rows = report.rows.filter((each) => each.protocol === protocol && isDrawn(report, each.condition))
  const ranks: Axis = { label: 'Rank', scale: 'log', domain: [1, 50] }
  return [
    ...(await charts(report, 'CMC', rows, ranks, share('Mated searches found'), ({ figures }) =>
      figures.filter(({ metric }) => metric === 'cmc').map(({ parameter, value }) => [parameter, value] as const),
    )),
    ...(await draw('FNIR over FPIR', 'FPIR', 'FNIR', true)),
    ...(await draw('TPIR over FPIR', 'FPIR', 'TPIR', false)),
  ]
}

const share = (label: string): Axis => ({ label, domain: [0, 1], format: '.0%' })

/** Whole decades up to 1, the same for all plots of a kind. */
function logAxis(label: string, values: readonly number[]): Axis {
  const least = values.reduce((low, value) => (value > 0 ? Math.min(low, value) : low), 0.1)
  return { label, scale: 'log', domain: [10 ** Math.floor(Math.log10(least) + 1e-9), 1] }
}

const rates = (scores: ConditionScores) => Array.from(RATES).filter((_, i) => Number.isFinite(scores.misses[i]))
const misses = (scores: ConditionScores) => Array.from(scores.misses)
/** Closed sets have no non-mated searches, and no rate of false positives. */
const resolved = (scores: readonly ConditionScores[]) => scores.filter(({ misses }) => misses.some(Number.isFinite))

/** @returns whether curves of a condition are drawn */
export const isDrawn = ({ spec }: Report, { gallery }: Condition) => spec.side !== 'matrix' || gallery === 0

const points = ({ misses }: ConditionScores, rate: (miss: number) => number) =>
  Array.from(misses, (miss, i) => [RATES[i] as number, rate(miss)] as const)

async function charts<T extends Place>(
  report: Report,
  name: string,
  places: readonly T[],
  x: Axis,
  y: Axis,
  pointsOf: (place: T) => Series['points'],
): Promise<Html[]> {
  const text = ({ condition }: Place) => conditionText(condition, report.spec.side)
  const isAlone = report.models.length === 1
  const groups = new Map<string, T[]>()
  for (const place of places) {
    const key = isAlone ? modelText(place.model) : text(place)
    groups.set(key, [...(groups.get(key) ?? []), place])
  }
  return Promise.all(
    [...groups].map(async ([group, members]) => {
      const series = members
        .map((place) => ({ name: isAlone ? text(place) : modelText(place.model), points: pointsOf(place) }))
        .filter((each) => each.points.some(([px, py]) => Number.isFinite(px) && Number.isFinite(py)))
      const caption = `${name}, ${group}`
      return figure({ caption, svg: await lineChart({ title: caption, x, y, series }) })
    }),
  )
}

/** Draws how scores are spread, a plot for each model and condition, all over the same axis. */
export async function scoreFigures(report: Report, own: readonly ConditionScores[]) {
  const [from, to] = filledBins(own)
  const cosine = (bin: number) => Math.round((bin / SCORE_BINS) * 200 - 100) / 100
  return Promise.all(
    own.map(async ({ model, condition, counts }) => {
      const caption = `Scores, ${modelText(model)}, ${conditionText(condition, report.spec.side)}`
      const svg = await histogram({
        title: caption,
        x: { label: 'Cosine', domain: [cosine(from), cosine(to)] },
        bins: to - from,
        series: [
          { name: 'non-mated', shares: counts.nonMated.subarray(from, to) },
          { name: 'mated', shares: counts.mated.subarray(from, to) },
        ],
      })
      return figure({ caption, svg })
    }),
  )
}

/** @returns the first bin that any score is in, and the one behind the last */
function filledBins(scores: readonly ConditionScores[]): [number, number] {
  const filled = Array.from({ length: SCORE_BINS }, (_, bin) =>
    scores.some(({ counts }) => (counts.mated[bin] as number) + (counts.nonMated[bin] as number) > 0),
  )
  const first = filled.indexOf(true)
  return first < 0 ? [0, SCORE_BINS] : [first, filled.lastIndexOf(true) + 1]
}

/** Draws the paper's lower triangles: probe resolutions across, gallery resolutions down; ours and the paper's alike. */
export async function matrixFigures({ rows, conditions }: ReportTable): Promise<Html[]> {
  const probes = risingResolutions(conditions.map(({ probe }) => probe))
  const galleries = risingResolutions(conditions.map(({ gallery }) => gallery))
  const main = rows.filter(
    ({ metric, parameter, source }) =>
      source !== 'difference' &&
      ((metric === 'rank' && parameter === 1) || (hasTargets(metric) && parameter === MAIN_TARGET[metric])),
  )
  return Promise.all(
    main.map(async (row) => {
      const caption = `${metricTitle(row)}, ${row.model}, %`
      const valueAt = (probe: number, gallery: number) => {
        const place = conditions.findIndex((each) => each.probe === probe && each.gallery === gallery)
        return 100 * (row.cells[place]?.value ?? Number.NaN)
      }
      const svg = await heatMap({
        title: caption,
        x: { label: 'Probe, px', names: probes.map(resolutionText) },
        y: { label: 'Gallery, px', names: galleries.map(resolutionText) },
        values: galleries.map((gallery) => probes.map((probe) => valueAt(probe, gallery))),
        domain: [0, 100],
        format: '.1f',
      })
      return figure({ caption, svg })
    }),
  )
}
