import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { createOnnxRuntimeEngine } from '../../../libs/engine/onnxruntime.js'
import { degrade } from '../../../libs/image/degrade.js'
import { createModelRegistry, type ModelRegistry } from '../../../libs/models/model-registry.js'
import { preparePixels } from '../../../libs/models/prepare-pixels.js'
import { smallModel } from '../../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { cosine } from '../../../test/fixtures/cosine.js'
import { tinyDeps, tinySpec } from '../testing/tiny-evaluation.js'
import { tinyLfwChip, writeTinyLfw } from '../testing/tiny-lfw.js'
import type { EvaluationSpec } from './evaluation-spec.js'
import { resultDocument } from './result-document.js'
import { type EvaluationProgress, type RunEvaluationDeps, runEvaluation } from './run-evaluation.js'

let folder: string
let objects: ObjectStore
let registry: ModelRegistry
let ran: number[]
beforeEach(async () => {
  folder = await newFolder()
  await writeTinyLfw(join(folder, 'lfw'))
  objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
  registry = createModelRegistry({ objects })
  ran = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const readScores = (body: Uint8Array) => parquetReadObjects({ file: Uint8Array.from(body).buffer })

/** The feature of a picture as model `one` has it, made step by step. */
async function alone(path: string, resolution: number): Promise<Float32Array> {
  const { onnx, card } = smallModel(1)
  const chip = await tinyLfwChip(join(folder, 'lfw'), path)
  const pixels = new Float32Array(8 * 8 * 3)
  preparePixels(resolution > 0 ? degrade(chip, resolution) : chip, card.input, pixels, 0)
  const engine = await createOnnxRuntimeEngine({ model: onnx, threads: 1 })
  const { feature } = await engine.run({ image: { dims: [1, 3, 8, 8], data: pixels } })
  await engine.close()
  return feature?.data as Float32Array
}

const put = (name: string, seed: number, changes: Parameters<typeof smallModel>[1] = {}) => {
  const { onnx, card } = smallModel(seed, changes)
  return registry.put(name, onnx, card)
}

const specOf = (changes: Partial<EvaluationSpec> = {}) => tinySpec(folder, changes)

function run(spec: EvaluationSpec, changes: Partial<RunEvaluationDeps> = {}) {
  const deps = tinyDeps(folder, objects)
  return runEvaluation(
    {
      ...deps,
      async createEngine(model) {
        const engine = await deps.createEngine(model)
        return {
          ...engine,
          run(feeds) {
            ran.push(Object.values(feeds)[0]?.dims[0] ?? 0)
            return engine.run(feeds)
          },
        }
      },
      ...changes,
    },
    spec,
  )
}

describe('runEvaluation', () => {
  it('compares every pair under every condition, as the network alone would have it', async () => {
    await put('one', 1)
    const scores = new Map<string, Record<string, unknown>[]>()
    const result = await run(specOf(), {
      storeScores: async (name, body) => {
        scores.set(name.replace(/^.*\/lfw\//, ''), await readScores(body))
      },
    })
    expect(result.protocols).toEqual([{ name: 'lfw', kind: 'verification', images: 8, templates: 8, comparisons: 8 }])
    expect(result.models[0]?.failed).toEqual([])
    expect(result.rows.map(({ condition }) => condition)).toEqual([
      { probe: 4, gallery: 0 },
      { probe: 0, gallery: 0 },
    ])
    expect([...scores.keys()]).toEqual(['gallery-full-probe-4.parquet', 'gallery-full-probe-full.parquet'])
    for (const [file, resolution] of [
      ['gallery-full-probe-4.parquet', 4],
      ['gallery-full-probe-full.parquet', 0],
    ] as const) {
      const rows = scores.get(file) as {
        reference: string
        probe: string
        mated: number
        fold: number
        score: number
      }[]
      expect(rows.map(({ mated, fold }) => [mated, fold])).toEqual([
        [1, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 1],
        [0, 1],
      ])
      for (const { reference, probe, score } of rows) {
        const [a, b] = [await alone(reference, 0), await alone(probe, resolution)]
        expect(score).toBeCloseTo(cosine(a, b), 5)
      }
    }
  })

  it('takes from the cache what an earlier run has embedded, and embeds only the rest', async () => {
    await put('one', 1)
    const first = await run(specOf())
    expect(ran.reduce((sum, count) => sum + count, 0)).toBe(7 + 8)
    ran = []
    const again = await run(specOf())
    expect(ran).toEqual([])
    expect(resultDocument(again)).toEqual(resultDocument(first))
    await run(specOf({ resolutions: [2, 4, 0] }))
    expect(ran).toEqual([7])
  })

  it('goes on where it was interrupted', async () => {
    await put('one', 1)
    const stopping = new AbortController()
    const enough = new Error('enough')
    const report = ({ phase, done }: EvaluationProgress) => {
      if (phase === 'Embedding' && done > 0) stopping.abort(enough)
    }
    await expect(run(specOf(), { signal: stopping.signal, report })).rejects.toBe(enough)
    const before = ran.reduce((sum, count) => sum + count, 0)
    expect(before).toBeGreaterThan(0)
    await run(specOf())
    expect(ran.reduce((sum, count) => sum + count, 0)).toBe(7 + 8)
  })

  it('counts what cannot be embedded as a miss, and names it', async () => {
    await put('one', 1)
    await writeFile(join(folder, 'lfw', 'images', 'Ada_A', 'Ada_A_0001.jpg'), 'no picture')
    const result = await run(specOf({ resolutions: [0] }))
    expect(result.models[0]?.failed).toEqual([{ image: 'Ada_A/Ada_A_0001.jpg', reason: 'IMAGE_FORMAT_UNSUPPORTED' }])
    const tar = result.rows[0]?.figures.find(({ metric, parameter }) => metric === 'tar_at_far' && parameter === 0.1)
    expect(tar?.count).toBe(4)
    expect(tar?.value).toBeLessThanOrEqual(0.75)
  })

  it('embeds a face with the network of its resolution, unless routing is off', async () => {
    const routed = await put('two', 2)
    await put('one', 1, { routing: [{ from: 0, below: 9, model: 'two', version: routed }] })
    await put('alone', 1)
    const figures = async (model: string, routing: boolean) => {
      const { rows } = await run(specOf({ models: [model], routing }))
      return rows.map(({ figures }) => figures)
    }
    const withRoutes = await scoresOf(specOf())
    const withoutRoutes = await scoresOf(specOf({ routing: false }))
    const own = await scoresOf(specOf({ models: ['models/alone'] }))
    expect(withoutRoutes).toEqual(own)
    // At full resolution the model's own network runs.
    expect(withRoutes[1]).toEqual(own[1])
    expect(withRoutes[0]).not.toEqual(own[0])
    expect(await figures('models/one', false)).toEqual(await figures('models/alone', true))
  })

  it('compares a second model with the first on the same comparisons', async () => {
    await put('one', 1)
    await put('two', 2)
    const { rows, differences } = await run(specOf({ models: ['models/one', 'models/two'] }))
    const value = (place: number) =>
      rows[place]?.figures.find(({ metric, parameter }) => metric === 'tar_at_far' && parameter === 0.1)
        ?.value as number
    const at = differences.filter(({ condition, parameter }) => condition.probe === 4 && parameter === 0.1)
    expect(at).toEqual([expect.objectContaining({ value: expect.closeTo(value(1) - value(0), 12) })])
    expect(at[0]?.low).toBeLessThanOrEqual(at[0]?.value as number)
  })

  it('refuses wrong models before it embeds for the first', async () => {
    await put('one', 1)
    for (const [model, reason] of [
      ['models/one', 'MODEL_NAMED_TWICE'],
      ['models/two', 'MODEL_NOT_FOUND'],
    ] as const) {
      await expect(run(specOf({ models: ['models/one', model] }))).rejects.toMatchObject({ reason })
    }
    expect(ran).toEqual([])
  })
})

async function scoresOf(spec: EvaluationSpec): Promise<unknown[]> {
  const all: unknown[] = []
  await run(spec, { storeScores: async (_, body) => void all.push(await readScores(body)) })
  return all
}
