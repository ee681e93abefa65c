import { join } from 'node:path'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureShippedModel, SHIPPED_MODEL, shippedModelFolder } from '../../libs/models/shipped-model.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'

/**
 * Registers the models that come with the package: a data folder that no server has used yet knows none of them.
 * @param names those that are going to be used, `models/{model}` or versions
 */
export async function ensureModels(objects: ObjectStore, cacheFolder: string, names: readonly string[]): Promise<void> {
  const registry = createModelRegistry({ objects })
  await ensureBaseModel({ registry, packageFolder: faceApiFolder(), cacheFolder: join(cacheFolder, 'face-api') })
  if (names.some((name) => parseModelName(name).model === SHIPPED_MODEL)) {
    await ensureShippedModel({ registry, folder: shippedModelFolder() })
  }
}
