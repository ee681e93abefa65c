import { extent } from './plot-scales.js'
import { PLOT_SIZE, SERIES_COLOURS } from './plot-theme.js'
import { type PlotNames, renderPlot } from './render-plot.js'

/** A table whose numbers are shaded. */
export interface HeatMap extends PlotNames {
  /** What columns are. */
  readonly x: { readonly label: string; readonly names: readonly string[] }
  /** What rows are. */
  readonly y: { readonly label: string; readonly names: readonly string[] }
  /** Rows of values; NaN leaves a cell empty. */
  readonly values: readonly (readonly number[])[]
  /** Values of the faintest and the strongest shade; default: the least and the greatest value. */
  readonly domain?: readonly [number, number]
  /** How values are written, in d3-format's language; default: ".3f". */
  readonly format?: string
}

/** The strongest shade: text must be readable on it, in light and dark. */
const STRONGEST = 0.55

/**
 * Draws a table whose cells are the stronger the greater their values.
 * @returns an SVG element
 */
export function heatMap(chart: HeatMap): Promise<string> {
  const { x, y, values, domain = extent(values), format = '.3f' } = chart
  const cells = values.flatMap((row, rowIndex) =>
    row.map((value, column) => ({ value, x: x.names[column], y: y.names[rowIndex] })),
  )
  const names = (field: 'x' | 'y', { label, names: sort }: HeatMap['x']) => ({
    field,
    type: 'ordinal',
    sort: [...sort],
    axis: { title: label, grid: false, labelAngle: 0, domain: false, ticks: false },
  })
  const spec = {
    data: { values: cells.filter(({ value }) => Number.isFinite(value)) },
    encoding: { x: names('x', x), y: names('y', y) },
    layer: [
      {
        mark: { type: 'rect', color: SERIES_COLOURS[0] },
        encoding: {
          fillOpacity: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [...domain], range: [0.04, STRONGEST], clamp: true },
            legend: null,
          },
        },
      },
      { mark: { type: 'text' }, encoding: { text: { field: 'value', type: 'quantitative', format } } },
    ],
  }
  return renderPlot(chart, spec, { ...PLOT_SIZE, height: 60 + 34 * Math.max(1, y.names.length) })
}
