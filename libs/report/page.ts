import { type Html, html } from './html.js'
import { PAGE_STYLE } from './page-style.js'

/** A page of a report. */
export interface Page {
  readonly title: string
  /** All that the page shows, headline and all. */
  readonly body: Html
  /** CSS beyond what every page has. */
  readonly style?: string
}

/** @returns an HTML document that needs no other file, no script and no network */
export function reportPage({ title, body, style = '' }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ html: PAGE_STYLE + style }}</style>
</head>
<body>
${body}
</body>
</html>
`.html
}

/** What a table cell holds; HTML may mark it. */
export type Cell = string | number | Html

/** @returns a table that scrolls by itself where the page is narrow; the first column names the rows */
export function dataTable(head: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  return html`<div class="scroll"><table class="figures">
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`\n<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
</tbody></table></div>`
}

/** A plot with its words. */
export interface Figure {
  readonly caption: string
  /** One sentence on how to read it. */
  readonly note?: string
  /** What line-chart.ts and its like drew. */
  readonly svg: string
  /** The numbers behind it, folded away; see {@link dataTable}. */
  readonly table?: Html
}

/** @returns the plot with its caption above and its numbers below */
export function figure({ caption, note, svg, table }: Figure): Html {
  return html`<figure><figcaption>${caption}${note ? html`<span>${note}</span>` : ''}</figcaption>
${{ html: svg }}
${table ? html`<details><summary>Numbers</summary>${table}</details>` : ''}</figure>`
}
