import { join } from 'node:path'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createEvaluator } from './create-evaluator.js'

await runService('evaluator', process, async ({ environment, logger, serve }) => {
  const { dataFolder, cacheFolder, settings } = environment
  const store = { kind: 'folder' as const, folder: join(dataFolder, 'objects') }
  const objects = await createFolderObjectStore(store)
  const events = createInProcessEventBus()
  const folder = join(dataFolder, 'evaluator')
  const evaluator = await createEvaluator({ folder, objects, store, cacheFolder, events, logger }, settings)
  return serve({
    ...evaluator,
    async warm() {
      const base = { registry: createModelRegistry({ objects }), packageFolder: faceApiFolder() }
      await ensureBaseModel({ ...base, cacheFolder: join(cacheFolder, 'face-api') })
      await evaluator.warm()
    },
    async close() {
      await evaluator.close()
      await events.close()
    },
  })
})
