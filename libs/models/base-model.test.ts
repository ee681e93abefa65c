import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOnnxRuntimeEngine } from '../engine/onnxruntime.js'
import { createFolderObjectStore } from '../objects/folder.js'
import type { ObjectStore } from '../objects/object-store.js'
import { ensureBaseModel, faceApiFolder } from './base-model.js'
import { createModelRegistry, type ModelRegistry } from './model-registry.js'

describe('the base model', () => {
  let folder: string
  let objects: ObjectStore
  let registry: ModelRegistry
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-base-'))
    objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
    registry = createModelRegistry({ objects })
  })
  afterEach(() => rm(folder, { recursive: true }))
  const ensure = () => ensureBaseModel({ registry, packageFolder: faceApiFolder(), cacheFolder: join(folder, 'cache') })

  it('is registered with a card that is true of its network', async () => {
    const version = await ensure()
    const { card, production } = await registry.get(`models/base/versions/${version}`)
    expect(production).toBe(true)
    expect(card.licence).toContain('CC0-1.0')
    const engine = await createOnnxRuntimeEngine({ model: await registry.readNetwork('base', version) })
    const { width, height } = card.input
    const outputs = await engine.run({
      [card.inputName]: { dims: [2, 3, height, width], data: new Float32Array(2 * 3 * height * width).fill(0.1) },
    })
    expect(outputs[card.outputName]?.dims).toEqual([2, card.dimension])
    await engine.close()
  })

  it('keeps the card and the production version that it finds', async () => {
    const version = await ensure()
    const { card } = await registry.get('models/base')
    await registry.put('base', await registry.readNetwork('base', version), {
      ...card,
      calibration: { bands: [], dataset: 'abc' },
    })
    const other = await registry.put('base', Buffer.from('a better one'), card)
    await registry.promote('base', other)
    expect(await ensure()).toBe(version)
    expect((await registry.get(`models/base/versions/${version}`)).card.calibration?.dataset).toBe('abc')
    expect(await registry.get('models/base')).toMatchObject({ version: other })
  })

  it('ends a registration that was interrupted', async () => {
    const version = await ensure()
    await objects.delete('models/base/production')
    expect(await ensure()).toBe(version)
    expect(await registry.get('models/base')).toMatchObject({ version, production: true })
  })
})
