import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRegistered } from './is-registered.js'
import { ModelCardSchema } from './model-card.js'
import type { ModelRegistry } from './model-registry.js'
import { modelVersion } from './model-version.js'

/** Name of the network that crossres made from its base model, and uses unless told otherwise. */
export const SHIPPED_MODEL = 'crossres'

/** @returns the folder in this package with the network, its card and how it was made */
export function shippedModelFolder(): string {
  // One folder less deep in the sources than in dist/.
  const root = import.meta.url.endsWith('.ts') ? '../..' : '../../..'
  return join(import.meta.dirname, root, 'models', SHIPPED_MODEL)
}

/**
 * Registers the shipped model where it is not registered yet. Its card routes sharp faces to the base model, which must be there.
 * @param options.folder with `model.onnx` and `card.json`
 * @returns its version
 */
export async function ensureShippedModel(options: {
  readonly registry: ModelRegistry
  readonly folder: string
}): Promise<string> {
  const { registry, folder } = options
  const onnx = await readFile(join(folder, 'model.onnx'))
  const card = ModelCardSchema.parse(JSON.parse(await readFile(join(folder, 'card.json'), 'utf8')))
  const version = modelVersion(onnx, card)
  // A card that is there may have been calibrated since: it stays.
  if (await isRegistered(registry, SHIPPED_MODEL, version)) return version
  return registry.put(SHIPPED_MODEL, onnx, card)
}
