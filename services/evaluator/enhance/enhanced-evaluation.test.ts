import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import { downsample } from '../../../libs/image/degrade.js'
import { resizeBilinear } from '../../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import { createModelRegistry, type ModelRegistry } from '../../../libs/models/model-registry.js'
import { preparePixels } from '../../../libs/models/prepare-pixels.js'
import { smallModel } from '../../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { cosine } from '../../../test/fixtures/cosine.js'
import type { EvaluationSpec } from '../evaluation/evaluation-spec.js'
import { resultDocument } from '../evaluation/result-document.js'
import { runEvaluation } from '../evaluation/run-evaluation.js'
import { tinyDeps, tinySpec } from '../testing/tiny-evaluation.js'
import { tinyLfwChip, writeTinyLfw } from '../testing/tiny-lfw.js'
import { repeatPixels } from './testing/repeat-pixels.js'

let folder: string
let objects: ObjectStore
let registry: ModelRegistry
beforeEach(async () => {
  folder = await newFolder()
  await writeTinyLfw(join(folder, 'lfw'))
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  registry = createModelRegistry({ objects })
  const { onnx, card } = smallModel(1)
  await registry.put('one', onnx, card)
  await writeFile(join(folder, 'twice.onnx'), repeatPixels())
  await writeFile(join(folder, 'thrice.onnx'), repeatPixels({ factors: [3, 3] }))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

type Scores = Map<string, { readonly reference: string; readonly probe: string; readonly score: number }[]>

async function run(changes: Partial<EvaluationSpec>) {
  const scores: Scores = new Map()
  const notes = new Map<string, string | undefined>()
  /** How many pictures of which width the networks saw. */
  const widths: number[] = []
  const deps = tinyDeps(folder, objects)
  const result = await runEvaluation(
    {
      ...deps,
      async createEngine(model) {
        const engine = await deps.createEngine(model)
        return {
          ...engine,
          run(feeds) {
            widths.push(Object.values(feeds)[0]?.dims[3] ?? 0)
            return engine.run(feeds)
          },
        }
      },
      async storeScores(name, body) {
        const file = Uint8Array.from(body).buffer
        const key = name.replace(/^.*\/gallery-full-probe-|\.parquet$/g, '')
        scores.set(key, (await parquetReadObjects({ file })) as never)
        notes.set(key, parquetMetadata(file).key_value_metadata?.find((note) => note.key === 'enhancer')?.value)
      },
    },
    tinySpec(folder, changes),
  )
  return { result, scores, notes, widths }
}

/** The feature of a picture as model `one` has it, made step by step; a degraded one by repeating pixels. */
async function alone(path: string, resolution: number, factor: number): Promise<Float32Array> {
  const { onnx, card } = smallModel(1)
  const chip = await tinyLfwChip(join(folder, 'lfw'), path)
  const pixels = new Float32Array(8 * 8 * 3)
  const shown = resolution > 0 ? resizeBilinear(repeated(downsample(chip, resolution), factor), 8, 8) : chip
  preparePixels(shown, card.input, pixels, 0)
  const engine = await createSessionEngine({ model: onnx })
  const { feature } = await engine.run({ image: { dims: [1, 3, 8, 8], data: pixels } })
  await engine.close()
  return feature?.data as Float32Array
}

function repeated({ width, height, data }: RgbImage, factor: number): RgbImage {
  const rows = Array.from({ length: height * factor }, (_, y) =>
    Array.from({ length: width * factor }, (_, x) => {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3
      return [...data.subarray(from, from + 3)]
    }),
  )
  return { width: width * factor, height: height * factor, data: Uint8Array.from(rows.flat(2)) }
}

const enhance = (name: string, below?: number): Partial<EvaluationSpec> => ({
  enhance: { model: join(folder, name), range: 1, ...(below ? { below } : {}) },
})

describe('an evaluation with enhanced probes', () => {
  it.each([
    ['twice.onnx', 2],
    ['thrice.onnx', 3],
  ])('runs %s on the small probe, and on nothing else', async (name, factor) => {
    const { result, scores, notes } = await run(enhance(name))
    for (const [key, resolution] of [
      ['4', 4],
      ['full', 0],
    ] as const) {
      expect(scores.get(key)).toHaveLength(8)
      for (const { reference, probe, score } of scores.get(key) ?? []) {
        const [a, b] = [await alone(reference, 0, factor), await alone(probe, resolution, factor)]
        expect(score).toBeCloseTo(cosine(a, b), 5)
      }
    }
    const { enhancer } = resultDocument(result)
    expect(enhancer).toEqual({
      model: join(folder, name),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      scale: factor,
      below: null,
    })
    expect(notes.get('4')).toBe(enhancer?.digest)
    expect(notes.get('full')).toBeUndefined()
  })

  it('keeps features of probes apart by what enhanced them', async () => {
    const plain = await run({})
    const twice = await run(enhance('twice.onnx'))
    const again = await run(enhance('twice.onnx'))
    // Only the trial that finds the factor.
    expect(again.widths).toEqual([12])
    expect(again.scores).toEqual(twice.scores)
    const thrice = await run(enhance('thrice.onnx'))
    expect(twice.scores.get('4')).not.toEqual(plain.scores.get('4'))
    expect(thrice.scores.get('4')).not.toEqual(twice.scores.get('4'))
    expect(twice.scores.get('full')).toEqual(plain.scores.get('full'))
    expect((await run({})).scores).toEqual(plain.scores)
  })

  it('takes the network out of the object store where a uri names it', async () => {
    await objects.put('enhancers/twice.onnx', repeatPixels())
    const stored = await run({ enhance: { model: 'object:enhancers/twice.onnx', range: 1 } })
    expect(stored.scores).toEqual((await run(enhance('twice.onnx'))).scores)
    expect(stored.result.enhancer).toMatchObject({ model: 'object:enhancers/twice.onnx', scale: 2 })
  })

  it('leaves the same picture in a gallery as it is', async () => {
    const both = await run({ ...enhance('twice.onnx'), side: 'both', resolutions: [4] })
    const plain = await run({ side: 'both', resolutions: [4] })
    expect(resultDocument(both.result).models[0]?.failed_extractions).toBe(0)
    expect([...both.scores.values()]).not.toEqual([...plain.scores.values()])
    // Each of the seven pictures that are probes once; the eight as they are come from two runs.
    expect(both.widths.filter((width) => width === 4)).toHaveLength(7)
  })

  it('takes a resolution below which faces are enhanced, however they came to be so small', async () => {
    const plain = await run({ resolutions: [2, 4, 0] })
    const below = await run({ ...enhance('twice.onnx', 4), resolutions: [2, 4, 0] })
    expect(below.scores.get('2')).not.toEqual(plain.scores.get('2'))
    expect(below.scores.get('4')).toEqual(plain.scores.get('4'))
    expect(below.scores.get('full')).toEqual(plain.scores.get('full'))
  })

  it('counts a probe that cannot be read as one failure', async () => {
    await writeFile(join(folder, 'lfw', 'images', 'Ada_A', 'Ada_A_0002.jpg'), 'no picture')
    const { result } = await run(enhance('twice.onnx'))
    expect(result.models[0]?.failed).toEqual([{ image: 'Ada_A/Ada_A_0002.jpg', reason: 'IMAGE_FORMAT_UNSUPPORTED' }])
  })

  it('says which enhancers there are where it is named wrongly', async () => {
    for (const model of ['nowhere.onnx', 'object:nowhere.onnx', 'esrgan-slim-x5']) {
      const failing = run({ enhance: { model, range: 1 } })
      await expect(failing).rejects.toMatchObject({
        reason: 'MODEL_NOT_FOUND',
        message: expect.stringContaining('esrgan-slim-x2'),
      })
    }
  })
})
