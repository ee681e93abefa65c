/** Style of the demo's page: light and dark, phone and print. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --soft: #59636e; --line: #d5dae0; --panel: #f5f7f9; --right: #0a6b3d; --wrong: #a8281c; --mated: #1f5fbf; --other: #a8281c }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --soft: #a0a9b3; --line: #363d45; --panel: #1d2226; --right: #5fd39a; --wrong: #ff8f80; --mated: #7fb2ff; --other: #ff8f80 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1240px; padding: 24px 16px 64px; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px }
h2 { font-size: 1.15rem; margin: 40px 0 8px }
p, li { max-width: 76ch }
.soft { color: var(--soft) }
.scroll { overflow-x: auto }
table.figures { border-collapse: collapse; font-variant-numeric: tabular-nums }
.figures th, .figures td { padding: 6px 16px 6px 0; text-align: right; border-bottom: 1px solid var(--line) }
.figures th { font-weight: 600; vertical-align: bottom } .figures td { white-space: nowrap } .figures th:first-child, .figures td:first-child { text-align: left }
.chart { width: 100%; max-width: 800px; height: auto; display: block }
.grid { stroke: var(--line) } .tick { fill: var(--soft); font: 13px system-ui, sans-serif }
.mated { fill: var(--mated) } .other { fill: none; stroke: var(--other); stroke-width: 1.4 } .mean { stroke: var(--text); stroke-width: 2 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; font-size: .9rem } .legend svg { width: 14px; height: 14px; vertical-align: -2px; overflow: visible }
.person { break-inside: avoid; margin: 24px 0 } .person h3 { font-size: 1rem; margin: 0 0 8px }
.searches { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px }
.search { border: 1px solid var(--line); border-radius: 6px; padding: 8px; background: var(--panel); break-inside: avoid }
.search header { display: flex; justify-content: space-between; font-size: .875rem; margin-bottom: 6px }
.right { color: var(--right); font-weight: 600 } .wrong { color: var(--wrong); font-weight: 600 }
.pair { display: flex; gap: 6px }
.probe { width: 80px; height: 80px; flex: none; image-rendering: pixelated; border-radius: 3px }
ol { list-style: none; margin: 0; padding: 0; flex: 1; font-size: .78rem; line-height: 1.25 }
ol li { display: flex; gap: 4px; white-space: nowrap; align-items: center; min-height: 26px } ol svg { width: 26px; height: 26px; flex: none; border-radius: 2px }
.value { font-variant-numeric: tabular-nums } .self { font-weight: 700 }
.stock { position: absolute; width: 0; height: 0 }
@media (max-width: 480px) { .tick { font-size: 22px } .searches { grid-template-columns: repeat(2, minmax(0, 1fr)) } .pair { flex-direction: column } .probe { width: 100%; height: auto; aspect-ratio: 1 } .figures th, .figures td { padding-right: 8px; font-size: .8rem } }
@media print { :root { color-scheme: light; --ground: #fff; --text: #000; --soft: #444; --line: #bbb; --panel: #fff; --right: #0a6b3d; --wrong: #a8281c; --mated: #1f5fbf; --other: #a8281c } body { max-width: none; padding: 0; font-size: 11pt } * { print-color-adjust: exact } }
`
