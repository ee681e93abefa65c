import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { FaceSelection, JobState } from '../../gen/crossres/v1/common.js'
import { type Gallery, type MatchResponse, TemplatePolicy } from '../../gen/crossres/v1/gallery_index.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { PRESETS } from '../../libs/models/presets.js'
import { changeWeights } from '../../libs/models/testing/change-weights.js'
import { smallModel } from '../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { createCli } from '../e2e/cli-process.js'
import { cosine } from '../fixtures/cosine.js'
import { content, embeddingInput, wholeImageOf as whole } from '../fixtures/face-inputs.js'
import { type ServiceProcess, startService } from '../fixtures/service-process.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

const SUBJECTS = Array.from({ length: 36 }, (_, i) => `subject-${i}`)
const PATIENCE = { timeout: 100_000, interval: 20 }

/** A picture that is like no other: noise in blocks, so that a network of 8 x 8 pixels sees it as well. */
async function picture(seed: number, size = 64): Promise<Buffer> {
  let state = seed * 7919 + 1
  const pixels = Buffer.from(
    Array.from({ length: 8 * 8 * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    }),
  )
  const noise = sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
  return noise.resize(size, size, { kernel: 'nearest' }).png().toBuffer()
}

/** The same, as the box of a face without landmarks: a model that aligns faces cannot use it. */
const boxed = (file: Buffer) => ({
  ...whole(file),
  faces: FaceSelection.GIVEN,
  region: { box: { x: 0, y: 0, width: 64, height: 64 }, landmarks: [], detectionScore: 1 },
})

/** Three versions of one small model; the last one aligns faces. */
async function registerVersions(objects: ObjectStore): Promise<[string, string, string]> {
  const registry = createModelRegistry({ objects })
  const versions: string[] = []
  for (const [seed, changes] of [{}, {}, { crop: PRESETS.mobilefacenet.crop }].entries()) {
    const { onnx, card } = smallModel(seed + 1, changes)
    // Other weights, too: else the versions would see much the same.
    versions.push(versionName('small', await registry.put('small', changeWeights(onnx, seed), card)))
  }
  return versions as [string, string, string]
}

const galleryOf = async ({ galleryIndex }: Clients, id: string): Promise<Gallery> => {
  const { gallery } = await galleryIndex.getGallery({ name: `galleries/${id}` })
  if (!gallery) throw new Error('no gallery')
  return gallery
}
/** Waits until a gallery has followed a version, or failed to. */
const followed = (clients: Clients, id: string, version: string) =>
  vi.waitFor(async () => {
    const gallery = await galleryOf(clients, id)
    expect(gallery.reembedding).toMatchObject({ targetVersion: version })
    expect(gallery.reembedding?.endTime).toBeDefined()
    return gallery
  }, PATIENCE)
const match = ({ galleryIndex }: Clients, id: string, file: Buffer) =>
  galleryIndex.match({ gallery: `galleries/${id}`, probe: [whole(file)], maxCandidates: 1 })
/** Whom an answer is sure of. */
const found = ({ candidates: [best] }: MatchResponse) =>
  best && best.score > 0.9999 ? best.subject.split('/').at(-1) : undefined

describe('a gallery whose model is promoted', () => {
  let dataFolder: string
  let stack: TestStack
  let objects: ObjectStore
  let versions: [string, string, string]
  let pictures: Buffer[]
  beforeAll(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'crossres-re-embed-'))
    objects = await createFolderObjectStore({ folder: join(dataFolder, 'objects') })
    versions = await registerVersions(objects)
    pictures = await Promise.all(SUBJECTS.map((_, i) => picture(i)))
    stack = await startStack({ dataFolder, settings: { defaultModel: 'small' } })
  }, 300_000)
  afterAll(async () => {
    await stack?.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })

  const file = (i: number) => pictures[i] as Buffer
  const enrol = (id: string, subjectId: string, ...faces: (ReturnType<typeof whole> | ReturnType<typeof boxed>)[]) =>
    stack.clients.galleryIndex.enroll({ gallery: `galleries/${id}`, subjectId, faces, createGallery: true })
  const enrolAll = (id: string) => Promise.all(SUBJECTS.map((subject, i) => enrol(id, subject, whole(file(i)))))
  const embed = async (model: string, image: Buffer) => {
    const { faces } = await stack.clients.embedder.embed({
      image: content(image),
      faces: FaceSelection.WHOLE_IMAGE,
      model,
    })
    return decodeEmbedding(faces[0]?.embedding ?? { values: Buffer.alloc(0), dimension: 0, modelVersion: model })
  }
  const promote = (version: string) => stack.clients.trainer.promoteModel({ version })
  const kept = async (id: string) => {
    let count = 0
    for await (const _ of objects.list(`images/enrolled/${id}/`)) count++
    return count
  }

  it('answers every search by one version, the old or the new, while faces come and go', {
    timeout: 300_000,
  }, async () => {
    const [one, two] = versions
    const { clients } = stack
    const fused = { templatePolicy: TemplatePolicy.FUSED }
    await clients.galleryIndex.createGallery({ galleryId: 'fused', gallery: fused })
    await clients.galleryIndex.createGallery({ galleryId: 'pinned', gallery: { model: one } })
    await enrolAll('staff')
    for (const id of ['fused', 'pinned']) await enrol(id, 'both', whole(file(0)), whole(file(1)))
    const vector = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i))
    const bare = { ...embeddingInput(vector, one), faces: FaceSelection.UNSPECIFIED }
    await clients.galleryIndex.enroll({
      gallery: 'galleries/bare',
      subjectId: 'bare',
      faces: [bare],
      createGallery: true,
    })
    expect(await kept('staff')).toBe(SUBJECTS.length)
    // Else no answer across versions could be told from a right one.
    const [first, second] = await Promise.all([one, two].map((version) => embed(version, file(0))))
    expect(cosine(first as Float32Array, second as Float32Array)).toBeLessThan(0.99)

    const failures: unknown[] = []
    const wrong: string[] = []
    const answers: string[] = []
    let ended = false
    const caller = async (from: number) => {
      for (let i = from; !ended && failures.length === 0; i = (i + 5) % 30) {
        await match(clients, 'staff', file(i)).then(
          (answer) => {
            answers.push(answer.modelVersion)
            // The very picture is there: anything but a cosine of one compares two versions.
            if (found(answer) !== SUBJECTS[i]) wrong.push(`${SUBJECTS[i]} by ${answer.modelVersion}`)
          },
          (error) => failures.push(error),
        )
      }
    }
    const callers = [0, 1, 2].map(caller)
    try {
      await vi.waitFor(() => expect(answers.length).toBeGreaterThan(6), PATIENCE)
      const promoted = promote(two)
      const late = await Promise.all([100, 101, 102].map((seed) => picture(seed)))
      await Promise.all(late.map((each, i) => enrol('staff', `late-${i}`, whole(each))))
      await enrol('staff', 'subject-0', whole(await picture(103)))
      for (const subject of SUBJECTS.slice(33)) {
        await clients.galleryIndex.deleteSubject({ name: `galleries/staff/subjects/${subject}` })
      }
      await promoted
      const gallery = await followed(clients, 'staff', two)
      expect(gallery).toMatchObject({ modelVersion: two, reembedding: { state: JobState.SUCCEEDED, failed: 0n } })
      const seen = answers.length
      await vi.waitFor(() => expect(answers.length).toBeGreaterThan(seen + 6), PATIENCE)
      for (const [i, each] of late.entries()) expect(found(await match(clients, 'staff', each))).toBe(`late-${i}`)
      expect(found(await match(clients, 'staff', await picture(103)))).toBe('subject-0')
      for (const i of [33, 34, 35]) expect(found(await match(clients, 'staff', file(i)))).toBeUndefined()
    } finally {
      ended = true
      await Promise.all(callers)
    }
    expect(failures).toEqual([])
    expect(wrong).toEqual([])
    // Once by the new version, never again by the old one but for calls that were under way.
    expect(new Set(answers)).toEqual(new Set([one, two]))
    expect(answers.slice(answers.indexOf(two)).filter((version) => version === one).length).toBeLessThan(3)
    expect(await galleryOf(clients, 'staff')).toMatchObject({ subjectCount: 36n, faceCount: 37n })

    expect((await followed(clients, 'fused', two)).modelVersion).toBe(two)
    expect((await match(clients, 'fused', file(0))).modelVersion).toBe(two)
    expect(await galleryOf(clients, 'pinned')).toMatchObject({ modelVersion: one, reembedding: undefined })
    expect(await followed(clients, 'bare', two)).toMatchObject({
      modelVersion: one,
      reembedding: { state: JobState.FAILED, error: { reason: 'REEMBEDDING_PICTURE_MISSING' } },
    })
  })

  it('stays on its version where somebody would be lost, and goes on without a face that is not the only one', {
    timeout: 300_000,
  }, async () => {
    const [, two, three] = versions
    const { clients } = stack
    await promote(two)
    // The embedder warms it up first, and a gallery begins with what the model stands for.
    await vi.waitFor(async () => {
      const image = content(file(0))
      const answer = await clients.embedder.embed({ image, faces: FaceSelection.WHOLE_IMAGE, model: 'models/small' })
      expect(answer.modelVersion).toBe(two)
    }, PATIENCE)
    await enrol('lost', 'only', boxed(file(1)))
    await enrol('lost', 'other', whole(file(2)))
    await enrol('spared', 'both', boxed(file(1)), whole(file(2)))
    await promote(three)
    const lost = await followed(clients, 'lost', three)
    expect(lost).toMatchObject({
      modelVersion: two,
      reembedding: { state: JobState.FAILED, error: { reason: 'REEMBEDDING_SUBJECT_LOST' } },
    })
    expect(lost.reembedding?.error?.message).toMatch(/"only".*landmarks/)
    expect(found(await match(clients, 'lost', file(2)))).toBe('other')
    expect(await followed(clients, 'spared', three)).toMatchObject({
      modelVersion: three,
      faceCount: 2n,
      reembedding: { state: JobState.SUCCEEDED, total: 2n, done: 1n, failed: 1n },
    })
    expect(found(await match(clients, 'spared', file(2)))).toBe('both')

    const cli = createCli({ CROSSRES_DATA: dataFolder })
    const shown = await cli.run('galleries', 'get', 'lost', '--address', stack.address)
    expect(shown.stdout).toContain(`lost cannot follow ${three}. `)
    expect((await cli.run('galleries', '--address', stack.address)).stdout).toContain(
      `spared: ${three} cannot embed 1 face, of subjects with others.`,
    )
    const document = (await cli.run('galleries', 'get', 'spared', '--address', stack.address, '--json')).json()
    expect(document).toMatchObject({
      modelVersion: three,
      reembedding: { targetVersion: three, state: 'SUCCEEDED', total: 2, done: 1, failed: 1, error: null },
    })

    await promote(two)
    expect((await followed(clients, 'spared', two)).reembedding).toMatchObject({ done: 2n, failed: 0n })
    // It never left that version.
    await vi.waitFor(async () => expect((await galleryOf(clients, 'lost')).reembedding).toBeUndefined(), PATIENCE)
  })

  it('leaves no picture of who is deleted', async () => {
    const { galleryIndex } = stack.clients
    await enrol('gone', 'a', whole(file(1)), whole(file(2)))
    await enrol('gone', 'b', whole(file(2)))
    await enrol('gone', 'b', boxed(file(2)))
    expect(await kept('gone')).toBe(2)
    await galleryIndex.deleteSubject({ name: 'galleries/gone/subjects/a' })
    expect(await kept('gone')).toBe(1)
    await galleryIndex.deleteGallery({ name: 'galleries/gone', force: true })
    expect(await kept('gone')).toBe(0)
  })
})

describe('a server that dies while a gallery is embedded anew', () => {
  let dataFolder: string
  let server: ServiceProcess | undefined
  afterEach(async () => {
    await server?.kill()
    await rm(dataFolder, { recursive: true, force: true })
  })

  it('goes on where it was', { timeout: 400_000 }, async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'crossres-re-embed-kill-'))
    const objects = await createFolderObjectStore({ folder: join(dataFolder, 'objects') })
    const [, two] = await registerVersions(objects)
    // Large pictures, so that it takes a while.
    const pictures = await Promise.all(SUBJECTS.map((_, i) => picture(i, 1_200)))
    const start = async () => {
      server = startService('standalone', { CROSSRES_DATA: dataFolder, CROSSRES_DEFAULT_MODEL: 'small' })
      return createClients({ address: await server.serving() })
    }
    const before = await start()
    const gallery = 'galleries/staff'
    for (const [i, subjectId] of SUBJECTS.entries()) {
      const faces = [whole(pictures[i] as Buffer)]
      await before.galleryIndex.enroll({ gallery, subjectId, faces, createGallery: true })
    }
    await before.trainer.promoteModel({ version: two })
    const done = await vi.waitFor(
      async () => {
        const { reembedding } = await galleryOf(before, 'staff')
        expect(reembedding?.done).toBeGreaterThan(2n)
        return reembedding?.done ?? 0n
      },
      { ...PATIENCE, interval: 2 },
    )
    await server?.kill()
    before.close()
    expect(done).toBeLessThan(BigInt(SUBJECTS.length))

    const after = await start()
    const first = (await galleryOf(after, 'staff')).reembedding?.done
    expect(first).toBeGreaterThanOrEqual(done)
    const { modelVersion, reembedding } = await followed(after, 'staff', two)
    expect(modelVersion).toBe(two)
    expect(reembedding).toMatchObject({ state: JobState.SUCCEEDED, done: 36n, failed: 0n })
    for (const [i, subject] of SUBJECTS.entries()) {
      expect(found(await match(after, 'staff', pictures[i] as Buffer))).toBe(subject)
    }
    after.close()
  })
})
