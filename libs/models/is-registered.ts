import { DomainError } from '../config/domain-error.js'
import { versionName } from './model-name.js'
import type { ModelRegistry } from './model-registry.js'

/** @returns whether a version is there and its model has a production version: without one its registration was interrupted */
export async function isRegistered(registry: ModelRegistry, model: string, version: string): Promise<boolean> {
  try {
    await registry.get(versionName(model, version))
    await registry.get(`models/${model}`)
    return true
  } catch (error) {
    if (error instanceof DomainError && error.reason === 'MODEL_NOT_FOUND') return false
    throw error
  }
}
