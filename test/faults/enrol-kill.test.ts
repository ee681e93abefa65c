import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerFile } from '../../libs/config/worker-file.js'
import { normalise } from '../../libs/models/embedding.js'
import { createExactSearch } from '../../libs/vectors/exact.js'
import { createGalleries } from '../../services/gallery-index/gallery.js'
import { createGalleryStore } from '../../services/gallery-index/store/gallery-store.js'
import type { FaceRecord } from '../../services/gallery-index/store/records.js'
import { embeddingOf, GALLERY, MODEL, subjectOf } from './enrol-face.js'

const KILLS = 20
const FACES_A_CHILD = 2_000

let folder: string
const search = createExactSearch({ threads: 1 })
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossres-kill-'))
})
afterAll(async () => {
  await search.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Starts the child; it is killed `killAfterMs` after its first acknowledgement, or runs to its end. */
async function runChild(first: number, count: number, killAfterMs?: number) {
  const script = fileURLToPath(workerFile(import.meta.url, './enrol-child.js'))
  const child = spawn(process.execPath, [script, folder, String(first), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)))
  const acknowledged: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (acknowledged.length === 0 && killAfterMs !== undefined)
      void sleep(killAfterMs).then(() => child.kill('SIGKILL'))
    acknowledged.push(Number(line))
  }
  return { acknowledged, signal: await exited }
}

/** Opens what the child left, as a restarted service would. @returns what is wrong with it */
async function inspect(acknowledged: ReadonlySet<number>): Promise<string[]> {
  const store = createGalleryStore({ folder })
  const galleries = createGalleries({ store, createIndex: search.createIndex })
  const wrong = await galleries.checkConsistency(GALLERY)
  const stored = new Map<number, FaceRecord>()
  let pageToken = ''
  let subjects = 0
  do {
    const page = store.listSubjects(GALLERY, { pageSize: 0, pageToken })
    for (const { id, faceCount } of page.items) {
      const faces = store.listFaces(GALLERY, id)
      if (faces.length !== faceCount) wrong.push(`${id} has ${faces.length} faces and counts ${faceCount}`)
      for (const face of faces) {
        const number = face.faceResolution
        if (stored.has(number)) wrong.push(`face ${number} is there twice`)
        if (subjectOf(number) !== id) wrong.push(`face ${number} is with ${id}`)
        const expected = normalise(embeddingOf(number))
        if (face.embedding.some((value, i) => value !== expected[i])) wrong.push(`face ${number} is damaged`)
        stored.set(number, face)
      }
    }
    subjects += page.items.length
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  for (const face of acknowledged) if (!stored.has(face)) wrong.push(`face ${face} was acknowledged and is lost`)
  const { faceCount, subjectCount } = store.getGallery(GALLERY)
  if (faceCount !== stored.size || subjectCount !== subjects)
    wrong.push(`the gallery counts ${subjectCount}, ${faceCount}`)
  const probe = Math.max(...acknowledged)
  const found = await galleries.search(GALLERY, { modelVersion: MODEL, templates: [embeddingOf(probe)] }, 1)
  if (found[0]?.[0]?.subjectId !== subjectOf(probe)) wrong.push(`face ${probe} is not found`)
  await galleries.close()
  await store.close()
  return wrong
}

describe('enrolment under kill -9', () => {
  it(`loses no acknowledged face and doubles none, ${KILLS} times`, { timeout: 240_000 }, async () => {
    const acknowledged = new Set<number>()
    const firstMissing = () => {
      let face = 0
      while (acknowledged.has(face)) face++
      return face
    }
    for (let kill = 0; kill < KILLS; kill++) {
      // From the first face without an acknowledgement on, as a client that retries: some of these are on disk already.
      const child = await runChild(firstMissing(), FACES_A_CHILD, Math.random() * 150)
      expect(child.signal).toBe('SIGKILL')
      for (const face of child.acknowledged) acknowledged.add(face)
      expect(await inspect(acknowledged)).toEqual([])
    }
    const rest = await runChild(firstMissing(), 100)
    expect(rest.signal).toBeNull()
    for (const face of rest.acknowledged) acknowledged.add(face)
    expect(await inspect(acknowledged)).toEqual([])
    expect(firstMissing()).toBe(acknowledged.size)
  })
})
