import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { readTensors, type TensorFile, writeTensors } from './safetensors.js'

/** What a training has in the object store, below `trainings/{id}/`. */
export interface CheckpointStore {
  /**
   * Stores a checkpoint, its tensors and texts in one object, and then deletes all but the last two: a crash at any moment leaves
   * one that is whole.
   * @returns the object's key
   * @throws DomainError STORAGE_FULL
   */
  save(step: number, state: TensorFile): Promise<string>
  /** @returns the newest checkpoint, undefined where there is none @throws DomainError CHECKPOINT_CORRUPT */
  newest(): Promise<TensorFile | undefined>
  /** Stores the weights of the best step so far; to be called before the checkpoint that names the step. */
  saveBest(step: number, weights: TensorFile['tensors']): Promise<void>
  /** @throws DomainError OBJECT_NOT_FOUND, CHECKPOINT_CORRUPT */
  best(step: number): Promise<TensorFile['tensors']>
  /** Deletes the weights of all other steps; to be called after the checkpoint that names the step. */
  keepBest(step: number): Promise<void>
}

const KEPT = 2

/** @param id the training's */
export function createCheckpointStore(objects: ObjectStore, id: string): CheckpointStore {
  const folder = `trainings/${id}/checkpoints/`
  const bestFolder = `trainings/${id}/best/`
  const nameOf = (step: number) => `${String(step).padStart(9, '0')}.safetensors`

  async function keysIn(prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of objects.list(prefix)) keys.push(key)
    return keys.sort()
  }

  return {
    async save(step, state) {
      const key = folder + nameOf(step)
      await objects.put(key, writeTensors(state))
      for (const old of (await keysIn(folder)).slice(0, -KEPT)) await objects.delete(old)
      return key
    },

    async newest() {
      const key = (await keysIn(folder)).at(-1)
      return key === undefined ? undefined : readTensors((await objects.get(key)).body)
    },

    async saveBest(step, weights) {
      await objects.put(bestFolder + nameOf(step), writeTensors({ tensors: weights, metadata: {} }))
    },

    async best(step) {
      return readTensors((await objects.get(bestFolder + nameOf(step))).body).tensors
    },

    async keepBest(step) {
      for (const key of await keysIn(bestFolder)) if (key !== bestFolder + nameOf(step)) await objects.delete(key)
    },
  }
}
