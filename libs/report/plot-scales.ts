import { PLOT_SIZE } from './plot-theme.js'

/** An axis of numbers. */
export interface Axis {
  readonly label: string
  /** Default: linear. */
  readonly scale?: 'linear' | 'log'
  /** Ends of the axis; default: those of the points, and on a linear axis zero. */
  readonly domain?: readonly [number, number]
  /** Whether a linear axis begins at zero where nothing states its ends; default: yes. */
  readonly zero?: boolean
  /** Whether only integers are written at its ticks; default: not. */
  readonly integers?: boolean
  /** How its numbers are written, in d3-format's language: ".0%", ".1e"; default: as they need. */
  readonly format?: string
}

/** Small and large numbers of a log axis are written as 1e-5. */
const LOG_LABEL = "datum.value < 0.001 || datum.value >= 1e6 ? format(datum.value, '.0e') : format(datum.value, '~')"

/**
 * @param field of the points that belongs to the axis
 * @param values all points, for the decades of a log axis
 * @returns a position channel of Vega-Lite
 */
export function numberAxis(
  field: 'x' | 'y',
  axis: Axis,
  values: readonly { readonly x: number; readonly y: number }[],
) {
  const { label, scale = 'linear', domain, zero = true, integers = false, format } = axis
  const decades =
    scale === 'log'
      ? decadesOf(
          domain,
          values.map((point) => point[field]),
        )
      : []
  return {
    field,
    type: 'quantitative',
    scale: { type: scale, ...(domain ? { domain: [...domain], nice: false } : scale === 'linear' ? { zero } : {}) },
    axis: {
      title: label,
      tickCount: 6,
      ...(integers ? { tickMinStep: 1 } : {}),
      // A line for each digit of each decade would hide the curves.
      ...(decades.length >= 3 ? { values: decades } : {}),
      ...(format !== undefined ? { format } : scale === 'log' ? { labelExpr: LOG_LABEL } : {}),
    },
  }
}

/** Powers of ten: those within a stated domain, else those that the values lie between. */
function decadesOf(domain: Axis['domain'], values: readonly number[]): number[] {
  const [low, high] = domain ?? extent([values])
  if (!(low > 0)) return []
  const [inwards, outwards] = [Math.ceil, Math.floor]
  const first = (domain ? inwards : outwards)(Math.log10(low))
  const last = (domain ? outwards : inwards)(Math.log10(high))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index))
}

/** @returns whether an axis has a place for a value */
export function isShown({ scale, domain: [low, high] = [-Infinity, Infinity] }: Axis, value: number): boolean {
  return Number.isFinite(value) && value >= low && value <= high && (scale !== 'log' || value > 0)
}

/** @returns a channel that tells series apart. One entry of the legend for each series, in the order given; a lone series has no legend. */
export function seriesChannel(names: readonly string[], range: readonly unknown[]) {
  const longest = Math.max(...names.map(({ length }) => length))
  // About 7 px a letter, room for the symbol, and for the axis on the left.
  const columns = Math.max(1, Math.min(names.length, Math.floor((PLOT_SIZE.width - 60) / (7 * longest + 36))))
  return {
    field: 'name',
    type: 'nominal',
    scale: { domain: [...names], range: [...range] },
    legend: names.length > 1 ? { columns } : null,
  }
}

/** @returns the least and the greatest finite value; [0, 1] where there is none */
export function extent(lists: readonly ArrayLike<number>[]): [number, number] {
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
