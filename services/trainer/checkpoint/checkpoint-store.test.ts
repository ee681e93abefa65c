import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { createCheckpointStore } from './checkpoint-store.js'

const state = (value: number) => ({ tensors: { w: Float32Array.of(value) }, metadata: { step: String(value) } })

describe('createCheckpointStore', () => {
  let folder: string
  let objects: ObjectStore
  beforeEach(async () => {
    folder = await newFolder()
    objects = await createFolderObjectStore({ folder })
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function keys(): Promise<string[]> {
    const found: string[] = []
    for await (const { key } of objects.list('')) found.push(key)
    return found
  }

  it('has no checkpoint at first, then the newest by step, and keeps two', async () => {
    const store = createCheckpointStore(objects, 'one')
    expect(await store.newest()).toBeUndefined()
    for (const step of [9, 10, 100]) expect(await store.save(step, state(step))).toContain(`/${step}`.slice(1))
    expect((await store.newest())?.metadata.step).toBe('100')
    expect(await keys()).toEqual([
      'trainings/one/checkpoints/000000010.safetensors',
      'trainings/one/checkpoints/000000100.safetensors',
    ])
  })

  it('goes back to the one before when the newest is deleted', async () => {
    const store = createCheckpointStore(objects, 'one')
    await store.save(1, state(1))
    await objects.delete(await store.save(2, state(2)))
    expect((await store.newest())?.tensors.w).toEqual(Float32Array.of(1))
  })

  it('keeps trainings apart, and of best weights those it is told to', async () => {
    const [store, other] = [createCheckpointStore(objects, 'one'), createCheckpointStore(objects, 'one-more')]
    await other.save(5, state(5))
    await store.saveBest(1, { w: Float32Array.of(1) })
    await store.saveBest(2, { w: Float32Array.of(2) })
    await store.keepBest(2)
    expect(await store.newest()).toBeUndefined()
    expect(await store.best(2)).toEqual({ w: Float32Array.of(2) })
    await expect(store.best(1)).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
  })
})
