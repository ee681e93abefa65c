import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModelProto } from '../../gen/onnx.js'
import { createOnnxRuntimeEngine } from '../engine/onnxruntime.js'
import { createFolderObjectStore } from '../objects/folder.js'
import { int, ints } from '../onnx/attributes.js'
import { createGraphBuilder } from '../onnx/graph-builder.js'
import { convolved, smallNetwork } from '../onnx/testing/small-network.js'
import { writeOnnx } from '../onnx/write-onnx.js'
import { importModel } from './import-model.js'
import type { Preparation } from './model-card.js'
import { createModelRegistry, type ModelRegistry } from './model-registry.js'
import { PRESETS } from './presets.js'

const shared = join(import.meta.dirname, '../../../shared/models')
const hasShared = existsSync(join(shared, 'mobilefacenet-128.onnx'))

const small: Preparation = {
  input: {
    width: 8,
    height: 8,
    colourOrder: 'RGB',
    mean: [127.5, 127.5, 127.5],
    scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
    layout: 'NCHW',
  },
  crop: { kind: 'margin', margin: 0, resize: 8 },
}

const createEngine = (model: Uint8Array) => createOnnxRuntimeEngine({ model, threads: 1 })

describe('importModel', () => {
  let folder: string
  let registry: ModelRegistry
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-import-'))
    registry = createModelRegistry({ objects: await createFolderObjectStore({ folder }) })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const load = (onnx: Uint8Array, preparation = small) =>
    importModel({ registry, createEngine }, { name: 'net', onnx, preparation, licence: 'MIT', origin: 'a test' })
  const build = (model: ModelProto) => load(writeOnnx(model))

  /** `image` [n, 3, 8, 8] -> `feature`, with `build` between its four channels and its feature. */
  const network = (
    feature: (graph: ReturnType<typeof createGraphBuilder>, x: string) => string,
    batch: 1 | 'n' = 'n',
  ) => {
    const graph = createGraphBuilder('test')
    const flat = graph.node('Reshape', [convolved(graph, batch), graph.ints('flat', [batch === 1 ? 1 : -1, 36])])
    graph.output(feature(graph, flat), [batch, 36])
    return graph.build()
  }

  it('writes the card of what it found, and registers the network', async () => {
    const { version, card } = await build(smallNetwork('n', [-1, 36]))
    expect(card).toEqual({
      schema: 1,
      ...small,
      inputName: 'image',
      outputName: 'feature',
      dimension: 36,
      normalises: false,
      batch: 'dynamic',
      licence: 'MIT',
      origin: 'a test',
    })
    expect(await registry.get('models/net')).toMatchObject({ version, card, production: true })
  })

  it('frees a fixed batch, in the stored file too', async () => {
    const { version, card } = await build(smallNetwork(1))
    expect(card.batch).toBe('dynamic')
    const engine = await createEngine(await registry.readNetwork('net', version))
    const { feature } = await engine.run({ image: { dims: [5, 3, 8, 8], data: new Float32Array(5 * 192) } })
    expect(feature?.dims).toEqual([5, 36])
    await engine.close()
  })

  it('is run one by one where pictures of a batch change each other', async () => {
    const mixing = network((graph, x) => {
      const mean = graph.node('ReduceMean', [x], [ints('axes', [0]), int('keepdims', 1)])
      return graph.node('Sub', [graph.node('Mul', [x, graph.floats('two', [1], Float32Array.of(2))]), mean])
    })
    expect((await build(mixing)).card.batch).toBe('one')
  })

  it('sees that the network normalises', async () => {
    const model = network((graph, x) => graph.node('LpNormalization', [x], [int('axis', 1), int('p', 2)]))
    expect((await build(model)).card).toMatchObject({ normalises: true, dimension: 36 })
  })

  it('refuses features that are not finite, or zero', async () => {
    const invalid = { reason: 'MODEL_OUTPUT_INVALID' }
    const scaled = (factor: number) =>
      network((graph, x) => graph.node('Mul', [x, graph.floats('factor', [1], Float32Array.of(factor))]))
    for (const factor of [Number.NaN, Number.POSITIVE_INFINITY, 0]) {
      await expect(build(scaled(factor)), String(factor)).rejects.toMatchObject(invalid)
    }
    expect(await registry.list()).toEqual([])
  })

  it('refuses more than one output', async () => {
    const graph = createGraphBuilder('two')
    const x = convolved(graph, 'n')
    for (const name of ['a', 'b']) {
      graph.node('Relu', [x], [], name)
      graph.output(name, ['n', 4, 3, 3])
    }
    await expect(build(graph.build())).rejects.toMatchObject({
      reason: 'MODEL_OUTPUT_INVALID',
      message: expect.stringContaining('(a, b)'),
    })
  })

  it('refuses what is no network', async () => {
    await expect(load(Buffer.from('not a network'))).rejects.toMatchObject({ reason: 'MODEL_CORRUPT' })
    const cut = writeOnnx(smallNetwork('n'))
    await expect(load(cut.subarray(0, cut.length >> 1))).rejects.toMatchObject({ reason: 'MODEL_CORRUPT' })
  })

  it('refuses a preset of another size', async () => {
    await expect(load(writeOnnx(smallNetwork('n')), PRESETS.insightface)).rejects.toMatchObject({
      reason: 'MODEL_INPUT_MISMATCH',
      message: expect.stringMatching(/\[\?, 3, 8, 8\].*112/),
    })
  })

  describe.skipIf(!hasShared)('on networks found in the wild', () => {
    const { input, crop } = PRESETS.mobilefacenet
    const wild = async (file: string, preparation: Preparation = { input, crop }) =>
      load(await readFile(join(shared, file)), preparation)

    it('frees the batch of a MobileFaceNet', async () => {
      expect((await wild('mobilefacenet-128.onnx')).card).toMatchObject({
        inputName: 'input0',
        outputName: 'output0',
        dimension: 128,
        normalises: false,
        batch: 'dynamic',
      })
    })

    it('takes the same network with its batch normalisation as another version', async () => {
      const folded = await wild('mobilefacenet-128.onnx')
      const whole = await wild('mobilefacenet-128-bn.onnx')
      expect(whole.card).toMatchObject({ inputName: 'image', outputName: 'feature', dimension: 128, batch: 'dynamic' })
      expect(whole.version).not.toBe(folded.version)
    })

    it('refuses a training export', async () => {
      await expect(wild('broken-training-export.onnx')).rejects.toMatchObject({ reason: 'MODEL_TRAINING_EXPORT' })
    })

    it('refuses a detector', async () => {
      await expect(wild('retinaface-mnet025.onnx')).rejects.toMatchObject({ reason: 'MODEL_OUTPUT_INVALID' })
    })

    it('names the presets that fit', async () => {
      await expect(wild('mobilefacenet-128.onnx', PRESETS['face-api'])).rejects.toMatchObject({
        reason: 'MODEL_INPUT_MISMATCH',
        message: expect.stringContaining('mobilefacenet'),
      })
    })
  })
})
