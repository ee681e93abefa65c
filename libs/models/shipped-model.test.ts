import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderObjectStore } from '../objects/folder.js'
import { ensureBaseModel, faceApiFolder } from './base-model.js'
import { createModelRegistry, type ModelRegistry } from './model-registry.js'
import { resolveRoutes, routeOf } from './routing.js'
import { ensureShippedModel, shippedModelFolder } from './shipped-model.js'

describe('the shipped model', () => {
  let folder: string
  let registry: ModelRegistry
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-shipped-'))
    registry = createModelRegistry({ objects: await createFolderObjectStore({ folder: join(folder, 'objects') }) })
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is registered once, beside the base that it came from and that goes on with sharp faces', async () => {
    const base = await ensureBaseModel({ registry, packageFolder: faceApiFolder(), cacheFolder: join(folder, 'cache') })
    const version = await ensureShippedModel({ registry, folder: shippedModelFolder() })
    expect(await ensureShippedModel({ registry, folder: shippedModelFolder() })).toBe(version)
    const shipped = await registry.get('models/crossres')
    expect(shipped).toMatchObject({ version, production: true })
    expect(shipped.card.parentVersion).toBe(base)
    const routes = await resolveRoutes(shipped, (name) => registry.get(name))
    expect(routeOf(routes, 39)).toBeUndefined()
    expect(routeOf(routes, 40)?.network).toMatchObject({ name: 'base', version: base })
  })

  it('says that it is for research, and is small enough to travel with the code', async () => {
    await ensureBaseModel({ registry, packageFolder: faceApiFolder(), cacheFolder: join(folder, 'cache') })
    await ensureShippedModel({ registry, folder: shippedModelFolder() })
    const { card, sizeBytes } = await registry.get('models/crossres')
    expect(card.licence).toMatch(/research/i)
    expect(card.evaluation).toBeDefined()
    expect(sizeBytes).toBe((await stat(join(shippedModelFolder(), 'model.onnx'))).size)
    expect(sizeBytes).toBeLessThan(25_000_000)
  })
})
