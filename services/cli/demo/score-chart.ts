import { type Html, html } from '../../../libs/report/html.js'
import { type Figures, figuresByResolution, scorePair } from './figures.js'
import type { SearchResult } from './match-probes.js'
import { resolutionLabel } from './resolutions.js'

const WIDTH = 720
const HEIGHT = 320
const MARGIN = { left: 62, right: 12, top: 12, bottom: 36 }
/** More points than this a column only blacken it. */
const MAX_POINTS = 120

/** @returns the lowest score that a chart of these results shows */
export function lowestScore(results: readonly SearchResult[]): number {
  const scores = results.map(scorePair).flatMap(({ mated, bestNonMated }) => [mated, bestNonMated])
  return Math.min(...scores.filter(Number.isFinite))
}

/**
 * @param lowest where the axis begins: charts that stand side by side share it
 * @returns an SVG of the scores by resolution: discs for the right subject, open diamonds for the best of all others
 */
export function scoreChart(model: string, results: readonly SearchResult[], lowest: number): Html {
  const figures = figuresByResolution(results)
  const step = tickStep(1 - lowest)
  const bottom = 1 - step * Math.ceil((1 - lowest) / step)
  const band = (WIDTH - MARGIN.left - MARGIN.right) / figures.length
  const y = (score: number) => MARGIN.top + ((1 - score) / (1 - bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const middle = (column: number) => MARGIN.left + band * (column + 0.5)

  const ticks = Array.from({ length: Math.round((1 - bottom) / step) + 1 }, (_, index) => 1 - index * step)
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Scores of ${model} by resolution: right subject and best other subject">
${ticks.map(
  (tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="tick" x="${MARGIN.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick.toFixed(2)}</text>`,
)}
${figures.map((row, column) => {
  const scores = results
    .filter(({ resolution }) => resolution === row.resolution)
    .slice(0, MAX_POINTS)
    .map(scorePair)
  return [
    html`<text class="tick" x="${middle(column)}" y="${HEIGHT - 12}" text-anchor="middle">${resolutionLabel(row.resolution)}</text>`,
    ...scores.map(({ mated, bestNonMated }, index) => {
      const spread = ((index + 0.5) / scores.length - 0.5) * band * 0.32
      return [
        disc(middle(column) - band * 0.21 + spread, y(mated)),
        Number.isFinite(bestNonMated) ? diamond(middle(column) + band * 0.21 + spread, y(bestNonMated)) : '',
      ]
    }),
    ...means(row, middle(column), band, y),
  ]
})}
</svg>`
}

/** @returns a round distance of grid lines, in cosine, that gives a handful of them */
function tickStep(range: number): number {
  return [0.02, 0.05, 0.1, 0.2].find((step) => range / step <= 7) ?? 0.5
}

function disc(x: number, y: number): Html {
  return html`<circle class="mated" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.2"/>`
}

function diamond(x: number, y: number): Html {
  return html`<path class="other" d="M${x.toFixed(1)} ${(y - 4).toFixed(1)}l4 4-4 4-4-4z"/>`
}

function means(row: Figures, x: number, band: number, y: (score: number) => number): Html[] {
  const line = (score: number, centre: number) =>
    html`<line class="mean" x1="${centre - band * 0.19}" x2="${centre + band * 0.19}" y1="${y(score)}" y2="${y(score)}"/>`
  return [
    line(row.meanMated, x - band * 0.21),
    ...(Number.isFinite(row.meanBestNonMated) ? [line(row.meanBestNonMated, x + band * 0.21)] : []),
  ]
}
