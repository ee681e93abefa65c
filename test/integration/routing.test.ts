import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaceRegion, FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { changeWeights } from '../../libs/models/testing/change-weights.js'
import { smallModel } from '../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { collect, failureOfCall, inTurn } from '../fixtures/calls.js'
import { cosine } from '../fixtures/cosine.js'
import { content } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

const EDGE = 64
const BASE = 'models/base'

let dataFolder: string
let stack: TestStack
let photograph: Buffer
let student: string
/** The base's own card and network, under a name of its own and without a route. */
let plain: string

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'crossres-routing-'))
  photograph = await samplePhotograph(1)
  const registry = createModelRegistry({
    objects: await createFolderObjectStore({ folder: join(dataFolder, 'objects') }),
  })
  await registerModels(registry)
  stack = await startStack({ dataFolder })
})
afterAll(async () => {
  await stack?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

async function registerModels(registry: ModelRegistry): Promise<void> {
  const cache = join(cacheFolder({}), 'face-api')
  const version = await ensureBaseModel({ registry, cacheFolder: cache, packageFolder: faceApiFolder() })
  const { card } = await registry.get(BASE)
  const onnx = await registry.readNetwork('base', version)
  const studentVersion = await registry.put('student', changeWeights(onnx, 0.2), card)
  student = versionName('student', studentVersion)
  plain = versionName('plain', await registry.put('plain', onnx, card))
  const below = { from: 0, below: EDGE, model: 'student', version: studentVersion }
  await registry.put('base', onnx, { ...card, routing: [below] })
  const small = smallModel(1)
  const other = await registry.put('small', small.onnx, small.card)
  await registry.put('confused', onnx, { ...card, routing: [{ ...below, model: 'small', version: other }] })
}

const crop = (side: number) => sharp(photograph).resize(side, side, { fit: 'cover' }).png().toBuffer()

const requestOf = (picture: Buffer, model: string, trueResolution = 0) => ({
  image: content(picture),
  faces: FaceSelection.WHOLE_IMAGE,
  model,
  trueResolution,
})
const embed = (...args: Parameters<typeof requestOf>) => stack.clients.embedder.embed(requestOf(...args))

const only = ({ faces }: EmbedResponse) => {
  const [face, ...more] = faces
  if (!face?.embedding || more.length > 0) throw new Error(`${faces.length} faces`)
  return { ...face, values: face.embedding.values }
}
const floats = (values: Uint8Array) => new Float32Array(new Uint8Array(values).buffer)

/** @returns where the same face lies in a picture that was scaled and then moved to the right */
function moved({ box, landmarks, detectionScore }: FaceRegion, scale: number, left: number): FaceRegion {
  const { x = 0, y = 0, width = 0, height = 0 } = box ?? {}
  return {
    box: { x: x * scale + left, y: y * scale, width: width * scale, height: height * scale },
    landmarks: landmarks.map((point) => ({ x: point.x * scale + left, y: point.y * scale })),
    detectionScore,
  }
}

describe('a model with a second network for small faces', () => {
  it('answers for faces from the edge on exactly what it would without, below exactly what the second one does', async () => {
    for (const side of [8, 32, EDGE - 1, EDGE, 150, 400]) {
      const picture = await crop(side)
      const answer = await embed(picture, BASE)
      const routed = only(answer)
      const [base, other] = [only(await embed(picture, plain)), only(await embed(picture, student))]
      expect(base.values).not.toEqual(other.values)
      const small = side < EDGE
      expect(routed.values, `${side} px`).toEqual(small ? other.values : base.values)
      expect(routed.face?.faceResolution).toBe(side)
      expect(routed.networkVersion).toBe(small ? student : answer.modelVersion)
      // One feature space: the answers compare, so they carry one version.
      expect(routed.embedding?.modelVersion).toBe(answer.modelVersion)
      expect(answer.modelVersion).toMatch(/^models\/base\/versions\//)
    }
  })

  it('goes by the true resolution where the caller states a lower one', async () => {
    const [large, small] = [await crop(150), await crop(32)]
    expect(only(await embed(large, BASE, EDGE - 1)).networkVersion).toBe(student)
    expect(only(await embed(large, BASE, EDGE)).networkVersion).not.toBe(student)
    expect(only(await embed(small, BASE, 500)).networkVersion).toBe(student)
  })

  it('gives each face of a mixed stream to its network', async () => {
    const sides = Array.from({ length: 40 }, (_, i) => [12, 128, 63, 64, 20][i % 5] as number)
    const crops = new Map(await Promise.all([...new Set(sides)].map(async (side) => [side, await crop(side)] as const)))
    const requests = sides.map((side, id) => ({
      requestId: String(id),
      request: requestOf(crops.get(side) as Buffer, BASE),
    }))
    const answers = await collect(stack.clients.embedder.embedStream(inTurn(requests)))
    expect(answers).toHaveLength(sides.length)
    for (const [index, { result }] of answers.entries()) {
      if (result?.$case !== 'response') throw new Error(`no answer: ${JSON.stringify(result)}`)
      const side = sides[index] as number
      const alone = only(await embed(crops.get(side) as Buffer, side < EDGE ? student : plain))
      const routed = only(result.value)
      expect(routed.networkVersion === student).toBe(side < EDGE)
      expect(cosine(floats(routed.values), floats(alone.values))).toBeGreaterThan(0.999999)
    }
  })

  it('gives the faces of one picture each to its network', async () => {
    const one = await stack.clients.embedder.embed({ image: content(photograph), faces: FaceSelection.LARGEST })
    const found = one.faces[0]?.face
    if (!found?.region?.box) throw new Error('no face in the photograph')
    const { region, faceResolution } = found
    // The same face a second time, beside it and with 40 px.
    const [scale, left] = [40 / faceResolution, one.imageWidth]
    const shrunk = await sharp(photograph)
      .resize(Math.round(one.imageWidth * scale))
      .png()
      .toBuffer()
    const size = { width: left + Math.round(one.imageWidth * scale), height: one.imageHeight }
    const collage = await sharp({ create: { ...size, channels: 3, background: '#777' } })
      .composite([
        { input: photograph, left: 0, top: 0 },
        { input: shrunk, left, top: 0 },
      ])
      .jpeg({ quality: 95 })
      .toBuffer()
    const regions = [region, moved(region, scale, left)]
    const ask = (model: string) =>
      stack.clients.embedder.embed({ image: content(collage), faces: FaceSelection.GIVEN, regions, model })
    const { faces } = await ask(BASE)
    const [base, other] = [await ask(plain), await ask(student)]
    const small = faces.map(({ face }) => (face?.faceResolution ?? 0) < EDGE)
    expect(small).toEqual([false, true])
    for (const [index, face] of faces.entries()) {
      const expected = (small[index] ? other : base).faces[index]
      expect(face.networkVersion === student).toBe(small[index])
      expect(
        cosine(floats(face.embedding?.values ?? Buffer.of()), floats(expected?.embedding?.values ?? Buffer.of())),
      ).toBeGreaterThan(0.999999)
    }
  })

  it('says so where models are described', async () => {
    const routing = [{ from: 0, below: EDGE, version: student }]
    expect((await stack.clients.embedder.getModel({ name: BASE })).model?.routing).toEqual(routing)
    const { models } = await stack.clients.embedder.listModels({})
    expect(models.map(({ modelId, routing: bands }) => [modelId, bands.length])).toEqual([
      ['base', 1],
      ['confused', 1],
      ['crossres', 1],
      ['plain', 0],
      ['small', 0],
      ['student', 0],
    ])
  })
})

it('refuses a model whose second network answers in another space', async () => {
  expect(await failureOfCall(embed(await crop(32), 'models/confused'))).toMatchObject({
    status: 'FAILED_PRECONDITION',
    reason: 'MODEL_ROUTING_INVALID',
    message: expect.stringContaining('dimension (36, not 128)'),
  })
})
