import { type Html, html } from '../../../libs/report/html.js'
import { type Cell, dataTable, reportPage } from '../../../libs/report/page.js'
import { resolutionText, risingResolutions } from '../measure/conditions.js'
import { HARDEST_STYLE, hardestBlock } from './hardest-block.js'
import { PAPER, paperFigures } from './paper-figures.js'
import type { Report } from './read-report.js'
import { curveFigures, isDrawn, matrixFigures, scoreFigures } from './report-figures.js'
import type { ConditionScores } from './report-scores.js'
import {
  conditionText,
  modelText,
  percent,
  type ReportTable,
  reportTables,
  type TableRow,
  verdict,
} from './report-tables.js'
import { degradedText } from './table-files.js'
import type { Thumbnails } from './thumbnails.js'

/** A report with the scores that belong to it. */
export interface ScoredReport {
  readonly report: Report
  readonly scores: readonly ConditionScores[]
}

/** What a page says of its making. */
export interface Making {
  /** Of crossres. */
  readonly version: string
  /** The one thing that differs between two pages of the same report. */
  readonly time: Date
}

const STYLE = `
table.figures { width: auto } .facts td, .facts th { text-align: left } .facts td { white-space: normal; overflow-wrap: anywhere } .facts thead { display: none }
.measured th:nth-child(2), .measured td:nth-child(2) { text-align: left } .measured td:first-child { font-weight: 600; white-space: normal; min-width: 5.5em } .measured td:nth-child(2) { white-space: normal; min-width: 5.5em } .measured td { vertical-align: top } .interval { display: block; font-size: .8em; color: var(--soft) }
h3 { font-size: 1rem; margin: 28px 0 8px } .plots + .plots { margin-top: 24px }
`

const CURVE_NOTE =
  'Points at 20 rates a decade, nothing interpolated, from the least rate that one false accept of all trials is. A log axis has no place for zero: where no miss was seen, a curve of misses ends.'

/**
 * @param openThumbnails opens the pictures of a report, to show the faces of its hardest comparisons; absent: none are shown
 * @returns an HTML page that needs no other file and no network; the same reports give the same bytes but for the time
 */
export async function reportPageOf(
  reports: readonly ScoredReport[],
  { version, time }: Making,
  openThumbnails?: (report: Report) => Promise<Thumbnails>,
): Promise<string> {
  const names = reports.map(({ report }) => report.spec.protocol).join(', ')
  const sections: Html[] = []
  for (const each of reports) sections.push(await section(each, await openThumbnails?.(each.report)))
  const body = html`<h1>Evaluation: ${names}</h1>
<p class="soft">Rates in percent; the small figures are the ends of 95 % intervals.</p>
${sections}
<p class="soft">Drawn by crossres ${version} at ${time.toISOString().slice(0, 19).replace('T', ' ')} UTC.</p>`
  return reportPage({ title: `crossres evaluation: ${names}`, style: STYLE + HARDEST_STYLE, body })
}

async function section({ report, scores }: ScoredReport, thumbnails: Thumbnails | undefined): Promise<Html> {
  const blocks: Html[] = []
  for (const table of reportTables(report)) {
    const own = scores.filter(({ protocol, condition }) => protocol === table.protocol && isDrawn(report, condition))
    blocks.push(await protocolBlock(table, report, own))
    if (thumbnails) blocks.push(await hardestBlock(report, own, thumbnails))
  }
  return html`${blocks}
<h2>What was run</h2>
<div class="facts">${dataTable(['Fact', 'Value'], facts(report))}</div>`
}

async function protocolBlock(table: ReportTable, report: Report, scores: readonly ConditionScores[]): Promise<Html> {
  const { protocol, conditions } = table
  const about = report.protocols.find(({ name }) => name === protocol)
  const things = about?.kind === 'identification' ? 'searches' : 'comparisons'
  const isMatrix = report.spec.side === 'matrix'
  const curves = await curveFigures(report, protocol, scores)
  const histograms = await scoreFigures(report, scores)
  const paper = paperFigures(protocol, report.enhancer !== undefined)
  return html`<h2>${protocol}</h2>
<p>${about?.comparisons.toLocaleString('en') ?? ''} ${things} of ${about?.images.toLocaleString('en') ?? ''} pictures; ${degradedText(report.spec.side)}.</p>
${paper.length > 0 ? html`<p>The paper’s figures stand below ours where it measured the same: ${PAPER}, tables ${[...new Set(paper.map(({ table }) => table))].join(', ')}. It gives no intervals.</p>` : ''}
${isMatrix ? html`<div class="plots">${await matrixFigures(table)}</div>${triangles(table)}` : ''}
<h3>${isMatrix ? 'Gallery at full resolution' : 'Figures'}</h3>
<div class="measured">${figureTable(table, report)}</div>
${report.models.length > 1 ? html`<p class="soft">Differences are paired, on the same comparisons: <span class="right">▲ better</span> or <span class="wrong">▼ worse</span> than the first model where the interval leaves zero out.</p>` : ''}
${curves.length > 0 ? html`<h3>Curves</h3><p class="soft">${CURVE_NOTE}</p><div class="plots">${curves}</div>` : ''}
${histograms.length > 0 ? html`<h3>Scores by resolution</h3><div class="plots">${histograms}</div>` : html`<p class="soft">No score files were found beside the report: curves over thresholds and histograms need them.</p>`}
${isMatrix && conditions.length > 0 ? html`<p class="soft">Curves and histograms are those of the gallery at full resolution.</p>` : ''}`
}

function figureTable({ conditions, rows }: ReportTable, { spec }: Report): Html {
  const shown = [...conditions.keys()].filter((i) => spec.side !== 'matrix' || conditions[i]?.gallery === 0)
  const names = shown.flatMap((i) => conditions.slice(i, i + 1)).map((each) => conditionText(each, spec.side))
  const filled = rows.filter(({ cells }) => shown.some((column) => cells[column] !== undefined))
  const lines = filled.map((row, i) => {
    const title = filled[i - 1]?.title === row.title ? '' : row.title
    return [title, row.model, ...shown.map((column) => cellOf(row, column))]
  })
  return dataTable(['', 'Model', ...names], lines)
}

function cellOf({ metric, source, cells }: TableRow, column: number): Cell {
  const cell = cells[column]
  if (cell === undefined) return ''
  const { value, low, high } = cell
  const sign = source === 'difference' && value > 0 ? '+' : ''
  const decided = source === 'difference' ? verdict(metric, cell) : 0
  const mark =
    decided === 0 ? '' : decided > 0 ? html`<span class="right">▲ </span>` : html`<span class="wrong">▼ </span>`
  const between = source === 'difference' ? ' to ' : '–'
  const ends =
    low === undefined || high === undefined
      ? ''
      : html`<span class="interval">${percent(low)}${between}${percent(high)}</span>`
  return html`${mark}${sign}${percent(value)}${ends}`
}

/** Every figure of a matrix with its interval, as the paper's tables 2 and 6 lay them out; folded away. */
function triangles({ conditions, rows }: ReportTable): Html {
  const probes = risingResolutions(conditions.map(({ probe }) => probe))
  const galleries = risingResolutions(conditions.map(({ gallery }) => gallery))
  const tables = rows.map((row) => {
    const lines = galleries.map((gallery) => [
      resolutionText(gallery),
      ...probes.map((probe) =>
        cellOf(
          row,
          conditions.findIndex((each) => each.probe === probe && each.gallery === gallery),
        ),
      ),
    ])
    return html`<h3>${row.title}, ${row.model}</h3>${dataTable(['Gallery \\ probe, px', ...probes.map(resolutionText)], lines)}`
  })
  return html`<details><summary>All figures by probe and gallery resolution, with intervals</summary>${tables}</details>`
}

function facts({ spec, dataset, models, enhancer, software }: Report): (readonly [string, Cell])[] {
  return [
    ...models.map(({ version }, i) => [i === 0 ? 'Model' : 'Compared with it', version] as const),
    ['Software', software === '' ? 'not recorded' : `crossres ${software}`],
    ['Protocol', spec.protocol],
    ['Data', spec.folder],
    ['Dataset fingerprint', dataset],
    ...(spec.protocol === 'folder' ? [['Subjects', subjectsText(spec)] as const] : []),
    ['Seed', String(spec.seed)],
    ['Resolutions', degradedText(spec.side)],
    ['Enhanced', enhancer ? enhancerText(enhancer) : 'nothing'],
    ['Faces', spec.faces === 'whole' ? 'pictures taken whole' : 'known landmarks, else the largest face found'],
    ['Routing', spec.routing ? 'networks that the model’s card routes to take part' : 'the model’s own network alone'],
    ...models.map(
      ({ version, failures, failed }) =>
        [
          `Not embedded by ${modelText(version)}`,
          failures === 0
            ? 'none'
            : html`<strong>${failures}</strong>, counted as misses: ${failed
                .slice(0, 10)
                .map(({ image, reason }) => `${image} (${reason})`)
                .join(', ')}${failures > 10 ? ' …' : ''}`,
        ] as const,
    ),
  ]
}

function subjectsText({ subjects, heldOut }: Report['spec']): string {
  if (subjects) return `${subjects.length} that were named`
  if (heldOut === undefined) return 'all'
  return `the ${percent(heldOut)} % that a training with this seed holds out`
}

function enhancerText({ model, digest, scale, below }: NonNullable<Report['enhancer']>): string {
  const which = below === null ? 'degraded probes' : `probes below ${below} px`
  return `${which}, ${scale} times, by ${model} (${digest})`
}
