import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newFolder, put } from '../../../libs/dataset/testing/sample-faces.js'
import { smallModel } from '../../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import { makeReport, type OpenThumbnails } from '../report/make-report.js'
import { pathSource } from '../report/report-sources.js'
import { openThumbnails } from '../report/thumbnails.js'
import { noLocator, tinyDeps, tinySpec } from '../testing/tiny-evaluation.js'
import { writeTinyLfw } from '../testing/tiny-lfw.js'
import { resultDocument } from './result-document.js'
import { runEvaluation } from './run-evaluation.js'

let folder: string
beforeEach(async () => {
  folder = await newFolder()
  await writeTinyLfw(join(folder, 'lfw'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const openFaces: OpenThumbnails = ({ spec }) =>
  openThumbnails(noLocator, { ...spec, signal: new AbortController().signal })

/** Evaluates with nothing that an earlier run has left, and keeps what `crossres evaluate --out` does. */
async function evaluate(name: string) {
  const own = join(folder, name)
  const objects = await createFolderObjectStore({ folder: join(own, 'objects') })
  const deps = tinyDeps(own, objects)
  for (const [model, seed] of [
    ['one', 1],
    ['two', 2],
  ] as const) {
    const { onnx, card } = smallModel(seed)
    await deps.registry.put(model, onnx, card)
  }
  const scores = new Map<string, string>()
  const storeScores = async (file: string, body: Uint8Array) => {
    scores.set(file, Buffer.from(body).toString('base64'))
    await put(own, join('scores', file), body)
  }
  const spec = tinySpec(folder, { models: ['models/one', 'models/two'] })
  const document = JSON.stringify(resultDocument(await runEvaluation({ ...deps, storeScores }, spec)))
  await put(own, 'report.json', document)
  return { own, scores, document }
}

const draw = async (path: string, time: string, faces?: OpenThumbnails) =>
  makeReport([await pathSource(path)], { version: '1.2.3', time: new Date(time) }, faces)

it('is byte by byte the same of the same seed, apart from the time', async () => {
  const [first, second] = [await evaluate('first'), await evaluate('second')]
  expect(first.scores.size).toBe(4)
  expect(second.scores).toEqual(first.scores)
  expect(second.document).toBe(first.document)
  for (const faces of [undefined, openFaces]) {
    const [page, later] = [
      await draw(first.own, '2026-03-01T20:00:00Z', faces),
      await draw(second.own, '2027-01-01T00:00:00Z', faces),
    ]
    expect(later.html).not.toBe(page.html)
    expect({ ...later, html: later.html.replace('2027-01-01 00:00:00', '2026-03-01 20:00:00') }).toEqual(page)
  }
  // Of the scores alone as well.
  expect(await draw(join(first.own, 'scores'), '2026-03-01T20:00:00Z')).toEqual(
    await draw(first.own, '2026-03-01T20:00:00Z'),
  )
})

it('shows faces only where they are asked for', async () => {
  const { own } = await evaluate('only')
  const without = await draw(own, '2026-03-01T20:00:00Z')
  expect(without.html).not.toMatch(/<img|Hardest|Ada/)
  const { html } = await draw(own, '2026-03-01T20:00:00Z', openFaces)
  expect(html).toContain('alt="Probe: Ada_A, Ada_A/Ada_A_0002.jpg, 4 px"')
  expect(html).toContain('alt="Gallery: Ada_A, Ada_A/Ada_A_0001.jpg, full resolution"')
  // Two models, two conditions, four mated and four non-mated pairs of two faces.
  expect(html.match(/<img [^>]* src="data:image\/jpeg;base64,\/9j\/[^"]+">/g)).toHaveLength(2 * 2 * 8 * 2)
  expect(html.replace(/data:[^"]*/g, '')).not.toMatch(/https?:\/\/(?!www\.w3\.org)|no picture/)
})
