import { DomainError } from '../../../libs/config/domain-error.js'
import { DEFAULT_MODEL_ALIAS, type ModelRef, parseModelName } from '../../../libs/models/model-name.js'
import { failureOf } from '../../../libs/rpc/rpc-error.js'
import type { GetModel } from '../calibrations.js'
import type { GalleryRecord } from '../store/records.js'

/**
 * @returns the model whose promotions a gallery follows: that of its embeddings. Undefined for a gallery without any, for one made for a
 *   version, and for embeddings of another model than it was made for
 */
export function followedModel({ model, modelVersion }: GalleryRecord): string | undefined {
  const held = refOf(modelVersion)
  if (!held) return undefined
  const names = ['', `models/${DEFAULT_MODEL_ALIAS}`, `models/${held.model}`]
  return names.includes(model) ? held.model : undefined
}

/** @returns the version in production; undefined where there is no such model here. @throws what the embedder throws */
export async function productionVersion(getModel: GetModel, model: string): Promise<string | undefined> {
  try {
    return (await getModel({ name: `models/${model}` })).model?.name
  } catch (error) {
    if (failureOf(error).reason === 'MODEL_NOT_FOUND') return undefined
    throw error
  }
}

/** Embeddings name their versions as they like: not each is one of a registry. */
function refOf(modelVersion: string): ModelRef | undefined {
  try {
    return parseModelName(modelVersion)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}
