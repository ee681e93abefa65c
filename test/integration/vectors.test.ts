import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddingInput, largestFaceOf } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { type MilvusServer, startMilvus } from '../fixtures/servers/milvus.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'
import { faceVectors } from '../fixtures/vectors.js'

const SUBJECTS = 24
const FACES = 3
const PROBES = 8
const NAME = 'galleries/town'
// A server that has lost everything is filled again by the first call.
const DEADLINE_MS = 120_000

const { dimension, gallery, probes } = faceVectors(SUBJECTS, FACES, PROBES, 3)
const row = (vectors: Float32Array, i: number) => vectors.subarray(i * dimension, (i + 1) * dimension)

// A stack removes the folder it was not given.
const milvusFolder = mkdtempSync(join(tmpdir(), 'crossres-vectors-'))
let server: MilvusServer
let exact: TestStack
let milvus: TestStack
let photographs: Buffer[]
let modelVersion: string
beforeAll(async () => {
  server = await startMilvus()
  exact = await startStack()
  milvus = await startStack({
    dataFolder: milvusFolder,
    vectors: { kind: 'milvus', address: server.address, token: '' },
  })
  photographs = [await samplePhotograph(1)]
  modelVersion = (await exact.clients.embedder.getModel({})).model?.name ?? ''
}, 300_000)
afterAll(async () => {
  await Promise.all([exact?.stop(), milvus?.stop()])
  await server?.stop()
  rmSync(milvusFolder, { recursive: true, force: true })
})

const stacks = () => [exact, milvus]
const embedding = (vector: Float32Array) => embeddingInput(vector, modelVersion)

async function enrol(subjectId: string, faces: readonly ReturnType<typeof embedding | typeof largestFaceOf>[]) {
  for (const { clients } of stacks()) {
    await clients.galleryIndex.enroll({ gallery: NAME, subjectId, faces: [...faces], createGallery: true })
  }
}

/** Everything that Match says, of both; scores to five places, because the two add up in different orders. */
async function answers() {
  const probe = [
    ...photographs.map(largestFaceOf),
    ...Array.from({ length: PROBES }, (_, i) => embedding(row(probes, i))),
  ]
  const round = (value: number | undefined) => value?.toFixed(5)
  return Promise.all(
    stacks().map(async ({ clients }) => {
      const found = await Promise.all(
        probe.map((input) => clients.galleryIndex.match({ gallery: NAME, probe: [input] }, { deadline: DEADLINE_MS })),
      )
      return found.map(({ candidates, ...rest }) => ({
        ...rest,
        candidates: candidates.map((each) => ({ ...each, score: round(each.score), fmr: round(each.fmr) })),
      }))
    }),
  )
}

async function expectTheSame() {
  const [byExact, byMilvus] = await answers()
  expect(byMilvus).toEqual(byExact)
  return byMilvus ?? []
}

// Servers start and restart here, on machines that have other things to do.
describe('Match through Milvus', { timeout: 300_000 }, () => {
  it('answers as it does through exact search', async () => {
    // The first makes the gallery.
    await enrol('person', [largestFaceOf(photographs[0] as Buffer)])
    await Promise.all(
      Array.from({ length: SUBJECTS }, (_, i) => {
        const faces = Array.from({ length: FACES }, (_, j) => embedding(row(gallery, FACES * i + j)))
        return enrol(`subject ${i}`, faces)
      }),
    )
    const found = await expectTheSame()
    expect(found[0]?.candidates[0]?.subject).toBe(`${NAME}/subjects/person`)
    for (const { candidates } of found) expect(candidates).toHaveLength(10)
    // Each probe is another face of every third subject.
    const best = found.slice(photographs.length).map(({ candidates }) => candidates[0]?.subject)
    expect(best).toEqual(Array.from({ length: PROBES }, (_, i) => `${NAME}/subjects/subject ${3 * i}`))
  })

  it('still does after subjects were deleted and enrolled anew', async () => {
    for (const { clients } of stacks()) {
      for (let i = 0; i < SUBJECTS; i += 6) {
        await clients.galleryIndex.deleteSubject({ name: `${NAME}/subjects/subject ${i}` })
      }
    }
    await enrol('subject 0', [embedding(row(gallery, 1))])
    await expectTheSame()
  })

  it('still does after a restart, and when the server has lost everything', async () => {
    await milvus.stop()
    milvus = await startStack({
      dataFolder: milvusFolder,
      vectors: { kind: 'milvus', address: server.address, token: '' },
    })
    await expectTheSame()
    await server.wipe()
    await expectTheSame()
  })

  it('forgets a gallery with all its faces', async () => {
    for (const { clients } of stacks()) {
      await clients.galleryIndex.deleteGallery({ name: NAME, force: true })
      await clients.galleryIndex.createGallery({ galleryId: 'town' })
    }
    const found = await expectTheSame()
    for (const { candidates } of found) expect(candidates).toEqual([])
    await enrol('one', [embedding(row(gallery, 0))])
    for (const { candidates } of await expectTheSame()) expect(candidates).toHaveLength(1)
  })
})
