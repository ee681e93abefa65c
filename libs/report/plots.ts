import { PLOT_SIZE, SERIES_COLOURS, SERIES_DASHES } from './plot-theme.js'
import { type PlotNames, renderPlot } from './render-plot.js'

/** An axis of numbers. */
export interface Axis {
  readonly label: string
  /** Default: linear. */
  readonly scale?: 'linear' | 'log'
  /** Ends of the axis; default: those of the points, and on a linear axis zero. */
  readonly domain?: readonly [number, number]
  /** Whether a linear axis begins at zero where nothing states its ends; default: yes. */
  readonly zero?: boolean
  /** How its numbers are written, in d3-format's language: ".0%", ".1e"; default: as they need. */
  readonly format?: string
}

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

/** How often values come. */
export interface Histogram extends PlotNames {
  /** A linear axis. */
  readonly x: Axis
  readonly series: readonly { readonly name: string; readonly values: ArrayLike<number> }[]
  /** Bins of equal width over the axis; default: 40. */
  readonly bins?: number
}

/**
 * Draws the share of each series' values in bins of equal width, series laid over each other.
 * @returns an SVG element
 */
export function histogram(chart: Histogram): Promise<string> {
  const { x, series, bins = 40 } = chart
  const [low, high] = x.domain ?? extent(series.map(({ values }) => values))
  const width = (high - low || 1) / bins
  const rows = series.flatMap(({ name, values }) =>
    Array.from(shares(values, [low, high], bins), (share, bin) => ({
      name,
      x: low + bin * width,
      end: low + (bin + 1) * width,
      y: share,
    })).filter(({ y }) => y > 0),
  )
  const names = series.map(({ name }) => name)
  const end = low + bins * width
  const spec = {
    data: { values: rows },
    layer: [
      {
        mark: { type: 'bar', fillOpacity: 0.45, strokeWidth: 0.6, binSpacing: 0 },
        encoding: {
          x: { ...numberAxis('x', { ...x, domain: [low, end] }, []), bin: 'binned' },
          x2: { field: 'end' },
          y: { ...numberAxis('y', { label: 'Share', format: '~%' }, []), stack: null },
          fill: seriesChannel(names, SERIES_COLOURS),
          stroke: seriesChannel(names, SERIES_COLOURS),
        },
      },
    ],
  }
  return renderPlot(chart, spec)
}

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
  return renderPlot(chart, spec, { ...PLOT_SIZE, height: 34 * Math.max(1, y.names.length) })
}

/** Small and large numbers of a log axis are written as 1e-5. */
const LOG_LABEL = "datum.value < 0.001 || datum.value >= 1e6 ? format(datum.value, '.0e') : format(datum.value, '~')"

function numberAxis(field: 'x' | 'y', axis: Axis, values: readonly { readonly x: number; readonly y: number }[]) {
  const { label, scale = 'linear', domain, zero = true, format } = axis
  const ends = domain ?? extent([values.map((point) => point[field])])
  const decades = scale === 'log' ? powersOfTen(ends) : []
  return {
    field,
    type: 'quantitative',
    scale: { type: scale, ...(domain ? { domain: [...domain], nice: false } : scale === 'linear' ? { zero } : {}) },
    axis: {
      title: label,
      tickCount: 6,
      // A line for each digit of each decade would hide the curves.
      ...(decades.length >= 3 ? { values: decades } : {}),
      ...(format !== undefined ? { format } : scale === 'log' ? { labelExpr: LOG_LABEL } : {}),
    },
  }
}

/** Those about an interval, rounded outwards. */
function powersOfTen([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low))
  const last = Math.ceil(Math.log10(high))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index))
}

function isShown({ scale, domain: [low, high] = [-Infinity, Infinity] }: Axis, value: number): boolean {
  return Number.isFinite(value) && value >= low && value <= high && (scale !== 'log' || value > 0)
}

/** One entry of the legend for each series, in the order given; a lone series has no legend. */
function seriesChannel(names: readonly string[], range: readonly unknown[]) {
  const longest = Math.max(...names.map(({ length }) => length))
  // About 7 px a letter, and room for the symbol.
  const columns = Math.max(1, Math.min(names.length, Math.floor(PLOT_SIZE.width / (7 * longest + 36))))
  return {
    field: 'name',
    type: 'nominal',
    scale: { domain: [...names], range: [...range] },
    legend: names.length > 1 ? { columns } : null,
  }
}

function extent(lists: readonly ArrayLike<number>[]): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const list of lists) {
    for (let index = 0; index < list.length; index++) {
      const value = list[index] as number
      if (!Number.isFinite(value)) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  return low <= high ? [low, high] : [0, 1]
}

/** Share of the values in each bin, in [0, 1]; values outside of all bins count for the whole, and for no bin. */
function shares(values: ArrayLike<number>, [low, high]: readonly [number, number], bins: number): Float64Array {
  const found = new Float64Array(bins)
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (!(value >= low && value <= high)) continue
    // The upper end belongs to the last bin.
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low || 1)) * bins))
    found[bin] = (found[bin] as number) + 1 / values.length
  }
  return found
}
