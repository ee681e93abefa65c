const LIGHT = `--ground: #fff; --text: #1b1f24; --soft: #59636e; --line: #d5dae0; --panel: #f5f7f9; --right: #0a6b3d; --wrong: #a8281c;
--series-1: #1f5fbf; --series-2: #b3541e; --series-3: #11785f; --series-4: #9b3d86; --series-5: #7a6a00; --series-6: #59636e`

const DARK = `--ground: #14171a; --text: #e6e9ec; --soft: #a0a9b3; --line: #363d45; --panel: #1d2226; --right: #5fd39a; --wrong: #ff8f80;
--series-1: #7fb2ff; --series-2: #ffab7a; --series-3: #5fd3b3; --series-4: #eba0d8; --series-5: #e0cc55; --series-6: #a0a9b3`

/**
 * Style of every page of crossres: light and dark, phone and print. Plots name its variables as their colours, so that one drawing
 * suits both; `--series-1` to `--series-6` are told apart by people who see no red or green as well.
 */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1240px; padding: 24px 16px 64px; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 40px 0 8px }
p, li { max-width: 76ch; overflow-wrap: anywhere }
.soft { color: var(--soft) } .right { color: var(--right); font-weight: 600 } .wrong { color: var(--wrong); font-weight: 600 }
.scroll { overflow-x: auto }
table.figures { border-collapse: collapse; font-variant-numeric: tabular-nums }
.figures th, .figures td { padding: 6px 16px 6px 0; text-align: right; border-bottom: 1px solid var(--line) }
.figures th { font-weight: 600; vertical-align: bottom } .figures td { white-space: nowrap } .figures th:first-child, .figures td:first-child { text-align: left }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 24px 32px }
figure { margin: 0; min-width: 0; break-inside: avoid } figcaption { margin-bottom: 8px; font-weight: 600 } figcaption span { display: block; font-weight: 400; font-size: .9rem; color: var(--soft) }
svg.plot { width: 100%; max-width: 600px; height: auto; display: block }
details { margin-top: 4px; font-size: .9rem } summary { cursor: pointer; color: var(--soft) } details .scroll { max-height: 24em; overflow: auto }
@media (max-width: 480px) { .figures th, .figures td { padding-right: 8px; font-size: .8rem } svg.plot text { font-size: 15px } }
@media print { :root { color-scheme: light; ${LIGHT} } body { max-width: none; padding: 0; font-size: 11pt } details:not([open]) { display: none } * { print-color-adjust: exact } }
`
