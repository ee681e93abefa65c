import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import { createOnnxRuntimeEngine } from '../../libs/engine/onnxruntime.js'
import { importModel, type ModelImport } from '../../libs/models/import-model.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { commandEnvironment } from './command-environment.js'
import type { CommandContext } from './context.js'

/**
 * Registers a network in the data folder, or the bucket, itself, which needs no server, and tells of it.
 * @param promote whether its name is to stand for it even where it stands for another version
 * @throws DomainError DATA_FOLDER_IN_USE, and what importModel refuses a network with
 */
export async function registerNetwork(context: CommandContext, model: ModelImport, promote: boolean): Promise<void> {
  const { output, options } = context
  const { objects: store, settings } = commandEnvironment(context)
  const { threads } = settings
  // A folder has one owner; in a bucket, changes from several sides are told apart.
  const hold = store.kind === 'folder' ? await acquireFolder(options.dataFolder) : undefined
  try {
    const objects = await openObjectStore(store)
    const registry = createModelRegistry({ objects })
    const createEngine = (onnx: Uint8Array) => createOnnxRuntimeEngine({ model: onnx, threads })
    const { version, card } = await importModel({ registry, createEngine }, model)
    if (promote) await registry.promote(model.name, version)
    const name = versionName(model.name, version)
    const { production } = await registry.get(name)
    output.result({ name, production, card }, () => {
      const batch = card.batch === 'one' ? ', one face a run' : ''
      const use = production ? '' : `\nAnother version of ${model.name} is in use: --promote changes that.`
      return `${name}: ${card.dimension} numbers, ${card.input.width} x ${card.input.height}${batch}${use}`
    })
  } finally {
    await hold?.release()
  }
}
