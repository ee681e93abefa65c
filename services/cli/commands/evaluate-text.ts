import { SURVFACE_FPIRS } from '../../../libs/metrics/survface-open-set.js'
import type { Difference, EvaluationResult, MeasuredRow } from '../../evaluator/evaluation/evaluation-result.js'
import type { Condition } from '../../evaluator/measure/conditions.js'
import type { Figure, Metric } from '../../evaluator/measure/figure.js'
import { FPIRS } from '../../evaluator/measure/measure-identification.js'
import { FARS } from '../../evaluator/measure/measure-verification.js'
import { conditionText, isSame, modelText } from '../../evaluator/report/report-tables.js'
import { degradedText } from '../../evaluator/report/table-files.js'
import { count, table } from '../output.js'

type Wanted = readonly [title: string, metric: Metric, parameter: number]

/** The figures of the terminal's tables; the document has all. */
const SHOWN: readonly Wanted[] = [
  ['Accuracy', 'accuracy', 0],
  ...[...FARS].reverse().map((far): Wanted => [`TAR@FAR=${far}`, 'tar_at_far', far]),
  ['EER', 'eer', 0],
  ['Rank 1', 'rank', 1],
  ['mAP', 'map', 0],
  ...[...FPIRS].reverse().map((fpir): Wanted => [`FNIR@FPIR=${fpir}`, 'fnir_at_fpir', fpir]),
  ...SURVFACE_FPIRS.map((fpir): Wanted => [`TPIR20@FPIR=${fpir}`, 'tpir20_at_fpir', fpir]),
  ['AUC of TPIR20', 'tpir20_auc', 0],
]

/** @returns the figures as tables: a block for each protocol, a row for each figure and model, a column for each condition */
export function evaluationText(result: EvaluationResult): string {
  const { spec, protocols, models, enhancer, rows, differences } = result
  const blocks = protocols.map(({ name, kind, images, comparisons }) => {
    const own = rows.filter(({ protocol }) => protocol === name)
    const conditions = own.filter(({ model }) => model === models[0]?.version).map(({ condition }) => condition)
    const what = count(
      comparisons,
      kind === 'verification' ? 'comparison' : 'search',
      kind === 'verification' ? 'comparisons' : 'searches',
    )
    const lines = SHOWN.flatMap(([title, metric, parameter]) => [
      ...models.flatMap(({ version }) => figureRow(own, conditions, version, title, metric, parameter)),
      ...models
        .slice(1)
        .flatMap(({ version }) => differenceRow(differences, name, conditions, version, title, metric, parameter)),
    ])
    const head = ['', 'Model', ...conditions.map((condition) => conditionText(condition, spec.side))]
    return `${name}: ${what} of ${count(images, 'picture')}, ${degradedText(spec.side)}, %\n${table(head, lines)}`
  })
  const failures = models
    .filter(({ failed }) => failed.length > 0)
    .map(({ version, failed }) => {
      const [first] = failed
      return `${modelText(version)}: ${count(failed.length, 'picture')} could not be embedded: counted as misses, e.g. ${first?.image} (${first?.reason}).`
    })
  const enhanced = enhancer
    ? [
        `${enhancer.below === null ? 'Degraded probes' : `Probes below ${enhancer.below} px`} were enhanced ${enhancer.scale} times by ${enhancer.model}.`,
      ]
    : []
  return [...blocks, ...enhanced, ...failures].join('\n\n')
}

function figureRow(
  rows: readonly MeasuredRow[],
  conditions: readonly Condition[],
  model: string,
  title: string,
  metric: Metric,
  parameter: number,
): string[][] {
  const figures = conditions.map((condition) =>
    rows
      .find((row) => row.model === model && isSame(row.condition, condition))
      ?.figures.find((figure) => figure.metric === metric && figure.parameter === parameter),
  )
  if (figures.every((figure) => figure === undefined)) return []
  return [[title, modelText(model), ...figures.map((figure) => (figure ? intervalText(figure) : ''))]]
}

function differenceRow(
  differences: readonly Difference[],
  protocol: string,
  conditions: readonly Condition[],
  model: string,
  title: string,
  metric: Metric,
  parameter: number,
): string[][] {
  const own = differences.filter(
    (each) =>
      each.protocol === protocol && each.model === model && each.metric === metric && each.parameter === parameter,
  )
  if (own.length === 0) return []
  const cells = conditions.map((condition) => {
    const difference = own.find((each) => isSame(each.condition, condition))
    return difference ? `${difference.value > 0 ? '+' : ''}${intervalText(difference)}` : ''
  })
  return [[`${title}, difference`, `${modelText(model)} - first`, ...cells]]
}

/** In percent, with the ends of the interval: "97.2 (96.4-97.9)". */
function intervalText({ value, low, high }: Pick<Figure, 'value' | 'low' | 'high'>): string {
  const [shown, from, to] = [value, low, high].map((part) => (100 * part).toFixed(1))
  return `${shown} (${from}${low < 0 || high < 0 ? ' to ' : '-'}${to})`
}
