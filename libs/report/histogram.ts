import { type Axis, extent, numberAxis, seriesChannel } from './plot-scales.js'
import { SERIES_COLOURS } from './plot-theme.js'
import { type PlotNames, renderPlot } from './render-plot.js'

/** Values, or where they are counted already the share of each bin, from the lower end of the axis on. */
export type Distribution =
  | { readonly name: string; readonly values: ArrayLike<number> }
  | { readonly name: string; readonly shares: Float64Array }

/** How often values come. */
export interface Histogram extends PlotNames {
  /** A linear axis. */
  readonly x: Axis
  readonly series: readonly Distribution[]
  /** Bins of equal width over the axis; default: 40. */
  readonly bins?: number
}

/**
 * Draws the share of each series' values in bins of equal width, series laid over each other.
 * @returns an SVG element
 */
export function histogram(chart: Histogram): Promise<string> {
  const { x, series, bins = 40 } = chart
  const [low, high] = x.domain ?? extent(series.flatMap((each) => ('values' in each ? [each.values] : [])))
  const width = (high - low || 1) / bins
  const rows = series.flatMap((each) =>
    Array.from('shares' in each ? each.shares : shares(each.values, [low, high], bins), (share, bin) => ({
      name: each.name,
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
