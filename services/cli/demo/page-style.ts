/** Style of the demo's page beyond that of every page. */
export const DEMO_STYLE = `
:root { --mated: var(--series-1); --other: var(--wrong) }
.chart { width: 100%; max-width: 800px; height: auto; display: block }
.grid { stroke: var(--line) } .tick { fill: var(--soft); font: 13px system-ui, sans-serif }
.mated { fill: var(--mated) } .other { fill: none; stroke: var(--other); stroke-width: 1.4 } .mean { stroke: var(--text); stroke-width: 2 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; font-size: .9rem } .legend svg { width: 14px; height: 14px; vertical-align: -2px; overflow: visible }
.person { break-inside: avoid; margin: 24px 0 } .person h3 { font-size: 1rem; margin: 0 0 8px } .person h4 { font-size: .875rem; font-weight: 600; color: var(--soft); margin: 8px 0 4px }
.searches { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px }
.search { border: 1px solid var(--line); border-radius: 6px; padding: 8px; background: var(--panel); break-inside: avoid }
.search header { display: flex; justify-content: space-between; font-size: .875rem; margin-bottom: 6px }
.pair { display: flex; gap: 6px }
.probe { width: 80px; height: 80px; flex: none; image-rendering: pixelated; border-radius: 3px }
ol { list-style: none; margin: 0; padding: 0; flex: 1; font-size: .78rem; line-height: 1.25 }
ol li { display: flex; gap: 4px; white-space: nowrap; align-items: center; min-height: 26px } ol svg { width: 26px; height: 26px; flex: none; border-radius: 2px }
.value { font-variant-numeric: tabular-nums } .self { font-weight: 700 }
.stock { position: absolute; width: 0; height: 0 }
@media (max-width: 480px) { .tick { font-size: 22px } .searches { grid-template-columns: repeat(2, minmax(0, 1fr)) } .pair { flex-direction: column } .probe { width: 100%; height: auto; aspect-ratio: 1 } }
`
