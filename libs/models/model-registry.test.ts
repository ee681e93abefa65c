import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderObjectStore } from '../objects/folder.js'
import type { ObjectStore } from '../objects/object-store.js'
import { createModelRegistry, type ModelRegistry } from './model-registry.js'
import { anyCard } from './testing/any-card.js'

describe('the model registry', () => {
  let folder: string
  let objects: ObjectStore
  let registry: ModelRegistry
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-registry-'))
    objects = await createFolderObjectStore({ folder })
    registry = createModelRegistry({ objects })
  })
  afterEach(() => rm(folder, { recursive: true }))
  const one = Buffer.from('network one')
  const two = Buffer.from('network two')

  it('gives back what was put; the first version is in production', async () => {
    const version = await registry.put('r50', one, anyCard())
    const expected = { name: 'r50', version, card: anyCard(), production: true, sizeBytes: one.length }
    expect(await registry.get('models/r50')).toEqual(expected)
    expect(await registry.get(`models/r50/versions/${version}`)).toEqual(expected)
    expect(await registry.readNetwork('r50', version)).toEqual(one)
  })

  it('keeps one version of the same network and preparation, and takes its new card', async () => {
    const version = await registry.put('r50', one, anyCard())
    expect(await registry.put('r50', one, anyCard({ evaluation: { lfw: 0.99 } }))).toBe(version)
    expect(await registry.versions('r50')).toMatchObject([{ version, card: { evaluation: { lfw: 0.99 } } }])
  })

  it('changes a card and loses no change of somebody else, nor what makes the version', async () => {
    const version = await registry.put('r50', one, anyCard())
    const names = Array.from({ length: 8 }, (_, i) => `figure ${i}`)
    const add = (name: string) =>
      registry.changeCard('r50', version, (card) => ({ ...card, evaluation: { ...card.evaluation, [name]: 1 } }))
    await Promise.all(names.map(add))
    const other = { ...anyCard().input, width: 1 }
    await registry.changeCard('r50', version, (card) => ({ ...card, input: other }))
    const { card } = await registry.get('models/r50')
    expect(Object.keys(card.evaluation ?? {}).sort()).toEqual(names)
    expect(card.input).toEqual(anyCard().input)
    await expect(registry.changeCard('r50', '0123456789ab', (same) => same)).rejects.toMatchObject({
      reason: 'MODEL_NOT_FOUND',
    })
  })

  it('lists models in their production version, and all versions of one', async () => {
    const b1 = await registry.put('b', one, anyCard())
    const b2 = await registry.put('b', two, anyCard())
    const a1 = await registry.put('a', two, anyCard())
    expect(b2).not.toBe(b1)
    expect((await registry.list()).map(({ name, version }) => [name, version])).toEqual([
      ['a', a1],
      ['b', b1],
    ])
    const versions = (await registry.versions('b')).map(({ version, production }) => ({ version, production }))
    expect(versions).toHaveLength(2)
    expect(versions).toContainEqual({ version: b1, production: true })
    expect(versions).toContainEqual({ version: b2, production: false })
  })

  it('promotes, also back, and tells what was replaced', async () => {
    const first = await registry.put('r50', one, anyCard())
    const second = await registry.put('r50', two, anyCard())
    expect(await registry.promote('r50', second, first)).toBe(first)
    expect(await registry.get('models/r50')).toMatchObject({ version: second, production: true })
    expect(await registry.get(`models/r50/versions/${first}`)).toMatchObject({ production: false })
    expect(await registry.promote('r50', first)).toBe(second)
  })

  it('promotes nothing over a decision that the caller has not seen', async () => {
    const first = await registry.put('r50', one, anyCard())
    const second = await registry.put('r50', two, anyCard())
    const third = await registry.put('r50', Buffer.from('network three'), anyCard())
    const changed = { reason: 'MODEL_PRODUCTION_CHANGED' }
    await expect(registry.promote('r50', second, third)).rejects.toMatchObject(changed)
    const both = await Promise.allSettled([
      registry.promote('r50', second, first),
      registry.promote('r50', third, first),
    ])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const loser = both.find((outcome) => outcome.status === 'rejected')
    expect(loser?.reason).toMatchObject(changed)
  })

  it('says what is not there', async () => {
    const version = await registry.put('r50', one, anyCard())
    const missing = { reason: 'MODEL_NOT_FOUND' }
    await expect(registry.get('models/none')).rejects.toMatchObject(missing)
    await expect(registry.get('models/r50/versions/000000000000')).rejects.toMatchObject(missing)
    await expect(registry.readNetwork('none', version)).rejects.toMatchObject(missing)
    await expect(registry.versions('none')).rejects.toMatchObject(missing)
    await expect(registry.promote('r50', '000000000000')).rejects.toMatchObject(missing)
    expect(await registry.get('models/r50')).toMatchObject({ version })
  })

  it('does not take a version for complete whose card or network is missing', async () => {
    const version = await registry.put('r50', one, anyCard())
    await objects.delete(`models/r50/${version}/model.onnx`)
    await expect(registry.get('models/r50')).rejects.toMatchObject({ reason: 'MODEL_NOT_FOUND' })
    expect(await registry.put('r50', one, anyCard())).toBe(version)
    expect(await registry.get('models/r50')).toMatchObject({ version })
  })

  it('refuses names that are none, and a card that is damaged', async () => {
    await expect(registry.put('../x', one, anyCard())).rejects.toMatchObject({ reason: 'MODEL_NAME_INVALID' })
    await expect(registry.put('default', one, anyCard())).rejects.toMatchObject({ reason: 'MODEL_NAME_RESERVED' })
    const version = await registry.put('r50', one, anyCard())
    await objects.put(`models/r50/${version}/card.json`, Buffer.from('{"schema": 1'))
    await expect(registry.get('models/r50')).rejects.toMatchObject({ reason: 'MODEL_CARD_INVALID' })
  })
})
