import { type Condition, resolutionText } from '../measure/conditions.js'
import { ERROR_METRICS, type Figure, METRICS, type Metric } from '../measure/figure.js'
import { paperFigures } from './paper-figures.js'
import type { Report } from './read-report.js'

/** A figure in a table; the paper's have no interval. */
export type TableFigure = Pick<Figure, 'value'> & Partial<Pick<Figure, 'low' | 'high' | 'count'>>

/** One metric of one model over all conditions. */
export interface TableRow {
  readonly metric: Metric
  readonly parameter: number
  readonly title: string
  /** "base 012345", "paper: T-C". */
  readonly model: string
  readonly source: 'measured' | 'difference' | 'paper'
  /** For each column of the table. */
  readonly cells: readonly (TableFigure | undefined)[]
}

/** Figures of a protocol by condition. */
export interface ReportTable {
  readonly protocol: string
  readonly conditions: readonly Condition[]
  readonly rows: readonly TableRow[]
}

/** @returns a table for each protocol; of each metric the models, their differences from the first, and the paper's figures */
export function reportTables(report: Report): ReportTable[] {
  return report.protocols.map(({ name }) => {
    const own = report.rows.filter(({ protocol }) => protocol === name)
    const conditions = own.filter(({ model }) => model === report.models[0]?.version).map(({ condition }) => condition)
    const metrics = new Map<string, Pick<Figure, 'metric' | 'parameter'>>()
    for (const { figures } of own) {
      for (const { metric, parameter } of figures) {
        if (metric !== 'cmc') metrics.set(`${metric} ${parameter}`, { metric, parameter })
      }
    }
    const sorted = [...metrics.values()].sort((a, b) => METRICS.indexOf(a.metric) - METRICS.indexOf(b.metric))
    const rows = sorted.flatMap((metric) => metricRows(report, name, conditions, metric))
    return { protocol: name, conditions, rows }
  })
}

type MetricAt = Pick<Figure, 'metric' | 'parameter'>

function metricRows(
  { spec, rows, models, differences, enhancer }: Report,
  protocol: string,
  conditions: readonly Condition[],
  wanted: MetricAt,
): TableRow[] {
  const title = metricTitle(wanted)
  const isWanted = (each: MetricAt) => each.metric === wanted.metric && each.parameter === wanted.parameter
  const row = (model: string, source: TableRow['source'], cellOf: (at: Condition) => TableFigure | undefined) => {
    const cells = conditions.map(cellOf)
    return cells.some((cell) => cell !== undefined) ? [{ ...wanted, title, model, source, cells }] : []
  }
  const paper = paperFigures(protocol, enhancer !== undefined).filter(isWanted)
  const papers = [...new Set(paper.map(({ model }) => model))]
  return [
    ...models.flatMap(({ version }) =>
      row(modelText(version), 'measured', (condition) =>
        rows
          .find((each) => each.protocol === protocol && each.model === version && isSame(each.condition, condition))
          ?.figures.find(isWanted),
      ),
    ),
    ...models
      .slice(1)
      .flatMap(({ version }) =>
        row(`${modelText(version)} − first`, 'difference', (condition) =>
          differences.find(
            (each) =>
              each.protocol === protocol &&
              each.model === version &&
              isWanted(each) &&
              isSame(each.condition, condition),
          ),
        ),
      ),
    ...papers.flatMap((model) =>
      row(`paper: ${model}`, 'paper', (condition) =>
        // Of its two tables the second is the matrix: they do not agree in one figure of IJB-B's diagonal.
        paper[spec.side === 'matrix' ? 'findLast' : 'find'](
          (each) => each.model === model && isSame(each.condition, condition),
        ),
      ),
    ),
  ]
}

/** @returns whether a difference is for the better (1) or the worse (-1) beyond its interval, or undecided (0) */
export function verdict(metric: Metric, { low, high }: TableFigure): -1 | 0 | 1 {
  if (low === undefined || high === undefined || (low <= 0 && high >= 0)) return 0
  return low > 0 === ERROR_METRICS.has(metric) ? -1 : 1
}

/** @returns "TAR at FAR 0.001", "Rank 1" ... */
export function metricTitle({ metric, parameter }: MetricAt): string {
  switch (metric) {
    case 'accuracy':
      return 'Accuracy'
    case 'tar_at_far':
      return `TAR at FAR ${parameter}`
    case 'eer':
      return 'EER'
    case 'auc':
      return 'AUC'
    case 'map':
      return 'mAP'
    case 'fnir_at_fpir':
      return `FNIR at FPIR ${parameter}`
    case 'tpir20_at_fpir':
      return `TPIR20 at FPIR ${parameter}`
    case 'tpir20_auc':
      return 'AUC of TPIR20 over FPIR'
    case 'rank':
    case 'cmc':
      return `Rank ${parameter}`
  }
}

/** @returns "models/base/versions/0123456789ab" as "base 012345" */
export function modelText(version: string): string {
  const [, name = version, , id = ''] = version.split('/')
  return `${name} ${id.slice(0, 6)}`.trim()
}

/** @returns "16 px", "full"; of a matrix "16 : full", the probe first */
export function conditionText({ probe, gallery }: Condition, side: Report['spec']['side']): string {
  if (side === 'matrix') return `${resolutionText(probe)} : ${resolutionText(gallery)}`
  const resolution = side === 'gallery' ? gallery : probe
  return resolution === 0 ? 'full' : `${resolution} px`
}

/** @returns a rate in percent, "97.2" */
export const percent = (rate: number): string => (100 * rate).toFixed(1)

/** @returns whether both resolutions are the same */
export const isSame = (a: Condition, b: Condition): boolean => a.probe === b.probe && a.gallery === b.gallery
