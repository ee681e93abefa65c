import { type Axis, isShown, numberAxis, seriesChannel } from './plot-scales.js'
import { SERIES_COLOURS, SERIES_DASHES } from './plot-theme.js'
import { type PlotNames, renderPlot } from './render-plot.js'

/** Points that belong together, by x. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A point that the reader is to find. */
export interface Mark {
  readonly x: number
  readonly y: number
  readonly label: string
}

/** Lines over numbers: losses over steps, ROC, DET, CMC. */
export interface LineChart extends PlotNames {
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Whether each point has a dot, for few points; default: not. */
  readonly dots?: boolean
  readonly marks?: readonly Mark[]
}

/**
 * Draws lines. Points that an axis does not show (not finite, zero or less on a log axis, outside of a stated domain) are left out.
 * @returns an SVG element
 */
export function lineChart(chart: LineChart): Promise<string> {
  const { x, y, series, dots = false, marks = [] } = chart
  const shown = (point: { x: number; y: number }) => isShown(x, point.x) && isShown(y, point.y)
  const values = series.flatMap(({ name, points }) =>
    points.map(([px, py], order) => ({ name, x: px, y: py, order })).filter(shown),
  )
  const names = series.map(({ name }) => name)
  const color = seriesChannel(names, SERIES_COLOURS)
  const found = marks.filter(shown)
  const spec = {
    data: { values },
    encoding: { x: numberAxis('x', x, values), y: numberAxis('y', y, values) },
    layer: [
      {
        mark: { type: 'line' },
        // ROC curves rise straight up: points keep the order they are given in.
        encoding: {
          order: { field: 'order', type: 'quantitative' },
          color,
          strokeDash: seriesChannel(names, SERIES_DASHES),
        },
      },
      ...(dots
        ? [{ mark: { type: 'point', size: 30, strokeWidth: 0 }, encoding: { fill: { ...color, legend: null } } }]
        : []),
      ...(found.length > 0 ? [circled(found)] : []),
    ],
  }
  return renderPlot(chart, spec)
}

/** A ring around each mark, its label above. */
function circled(marks: readonly Mark[]) {
  return {
    data: { values: [...marks] },
    layer: [
      { mark: { type: 'point', size: 110, color: 'var(--text)', strokeWidth: 1.5 } },
      { mark: { type: 'text', dy: -13 }, encoding: { text: { field: 'label' } } },
    ],
  }
}
