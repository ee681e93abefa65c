import { readFile } from 'node:fs/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { Engine } from '../../../libs/engine/engine.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { Enhancement, EnhancementSpec } from './enhancement.js'
import { createEnhancer, type PixelRange } from './enhancer.js'
import { enhancerNotFound, enhancerPlace } from './enhancer-name.js'
import { fetchEsrgan } from './fetch-esrgan.js'
import { readEsrgan } from './read-esrgan.js'

/** What opening works with. */
export interface OpenEnhancementDeps {
  /** Where networks named by a uri lie. */
  readonly objects: Pick<ObjectStore, 'get'>
  readonly cacheFolder: string
  createEngine(onnx: Uint8Array): Promise<Engine>
}

/** What makes an enhancer. */
interface Network {
  readonly onnx: Uint8Array
  readonly range: PixelRange
}

/**
 * Loads the network of an enhancement.
 * @throws DomainError MODEL_NOT_FOUND; those of enhancerPlace, fetchEsrgan, readEsrgan and createEnhancer
 */
export async function openEnhancement(deps: OpenEnhancementDeps, spec: EnhancementSpec): Promise<Enhancement> {
  const { onnx, range } = await readNetwork(deps, spec)
  const enhancer = await createEnhancer({ name: spec.model, onnx, range, createEngine: deps.createEngine })
  return { enhancer, ...(spec.below === undefined ? {} : { below: spec.below }) }
}

async function readNetwork(
  { objects, cacheFolder }: OpenEnhancementDeps,
  { model, range }: EnhancementSpec,
): Promise<Network> {
  const place = enhancerPlace(model)
  switch (place.kind) {
    case 'esrgan':
      return { onnx: await readEsrgan(await fetchEsrgan(cacheFolder), place.scale), range: 255 }
    case 'object':
      return { onnx: await enhancerObject(model, objects.get(place.key)), range }
    case 'file':
      return { onnx: await enhancerFile(model, place.path), range }
  }
}

async function enhancerObject(model: string, found: ReturnType<ObjectStore['get']>): Promise<Uint8Array> {
  const { body } = await found.catch((cause: unknown) => {
    if (!(cause instanceof DomainError && cause.reason === 'OBJECT_NOT_FOUND')) throw cause
    throw enhancerNotFound(model, 'there is no such object', cause)
  })
  return body
}

const enhancerFile = (model: string, path: string) =>
  readFile(path).catch((cause: unknown) => {
    throw enhancerNotFound(model, 'there is no such file', cause)
  })
