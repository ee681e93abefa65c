import { expect, it } from 'vitest'
import { html } from './html.js'
import { dataTable, figure, reportPage } from './page.js'

it('makes a page of its own: no script, nothing to load', () => {
  const plot = figure({ caption: 'A < B', note: 'so', svg: '<svg/>', table: dataTable(['x'], [[1], [html`<b>2</b>`]]) })
  const page = reportPage({ title: '</title>', style: '.mine { color: red }', body: html`<h1>Hi</h1>${plot}` })
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page).toContain('<title>&lt;/title&gt;</title>')
  expect(page).toContain('A &lt; B<span>so</span></figcaption>\n<svg/>\n<details>')
  expect(page).toContain('<td>1</td></tr>\n<tr><td><b>2</b></td>')
  expect(page).toMatch(/\.mine \{ color: red \}<\/style>/)
  expect(page).not.toMatch(/<script|https?:|@import|url\(/)
})
