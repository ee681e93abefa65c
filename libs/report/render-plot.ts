import type { TopLevelSpec } from 'vega-lite'
import { html } from './html.js'
import { PLOT_SIZE, PLOT_THEME, type PlotSize } from './plot-theme.js'

/** What a plot is called, for those who cannot see it as well. */
export interface PlotNames {
  readonly title: string
  /** What is to be seen; default: the title alone. */
  readonly description?: string
}

/** A drawing in Vega-Lite's grammar, without size and looks. */
export type PlotSpec = Readonly<Record<string, unknown>>

/**
 * Draws with Vega, which needs no browser.
 * @returns an SVG element that scales with its place; the same spec gives the same bytes
 */
export async function renderPlot(
  { title, description }: PlotNames,
  spec: PlotSpec,
  size: PlotSize = PLOT_SIZE,
): Promise<string> {
  // Loaded when needed: a service draws once in hours, and most commands never do.
  const [{ Error: LEVEL, logger, parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  // An empty plot is drawn empty, without a warning on the console.
  const quiet = logger(LEVEL)
  const whole = { ...size, ...spec, config: PLOT_THEME } as unknown as TopLevelSpec
  const view = new View(parse(compile(whole, { logger: quiet }).spec), { renderer: 'none', logger: quiet })
  try {
    const drawn = await view.toSVG()
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(drawn) ?? []
    const marks = drawn.slice(drawn.indexOf('>') + 1)
    const words = html`<title>${title}</title>${description ? html`<desc>${description}</desc>` : ''}`.html
    return `<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" viewBox="0 0 ${width} ${height}">${words}${marks}`
  } finally {
    view.finalize()
  }
}
