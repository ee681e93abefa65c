import type { Config } from 'vega-lite'

/** Size of a drawing with its axes and legend, in CSS pixels. */
export interface PlotSize {
  readonly width: number
  readonly height: number
}

/** Size in CSS pixels before the page scales it: two plots side by side on a wide screen, one on a phone. */
export const PLOT_SIZE: PlotSize = { width: 480, height: 300 }

/** Colours by order of the series, as variables of the page's style. */
export const SERIES_COLOURS = [1, 2, 3, 4, 5, 6].map((number) => `var(--series-${number})`)

/** Dashes that tell series apart where colours do not: for print, and past the sixth series. */
export const SERIES_DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [1, 0],
  [6, 3],
  [2, 2],
]

/** Looks of all plots. Every colour is a variable of page-style.ts, which browsers resolve when they draw. */
export const PLOT_THEME = {
  // Pages have a ground of their own.
  background: null,
  // The svg element says what is shown; names of single marks would be read out one by one.
  aria: false,
  font: 'system-ui, sans-serif',
  padding: 4,
  autosize: { type: 'fit', contains: 'padding' },
  view: { stroke: null },
  axis: {
    domainColor: 'var(--soft)',
    tickColor: 'var(--soft)',
    gridColor: 'var(--line)',
    labelColor: 'var(--soft)',
    titleColor: 'var(--text)',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelOverlap: 'greedy',
  },
  legend: {
    orient: 'top',
    title: null,
    labelColor: 'var(--text)',
    labelFontSize: 12,
    // Names are shortened by the caller, who knows them.
    labelLimit: 0,
    symbolStrokeWidth: 2,
    symbolSize: 200,
    columnPadding: 14,
  },
  line: { strokeWidth: 1.8, strokeJoin: 'round' },
  text: { color: 'var(--text)', fontSize: 12 },
} satisfies Omit<Config, 'background'> & { background: null; aria: boolean }
