import { join } from 'node:path'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createTrainer } from './create-trainer.js'

await runService('trainer', process, async ({ environment, logger, serve }) => {
  const { dataFolder, cacheFolder, settings } = environment
  const store = { kind: 'folder' as const, folder: join(dataFolder, 'objects') }
  const objects = await createFolderObjectStore(store)
  const events = createInProcessEventBus()
  const folder = join(dataFolder, 'trainer')
  const trainer = await createTrainer({ folder, objects, store, cacheFolder, events, logger }, settings)
  return serve({
    ...trainer,
    async warm() {
      const base = { registry: createModelRegistry({ objects }), packageFolder: faceApiFolder() }
      await ensureBaseModel({ ...base, cacheFolder: join(cacheFolder, 'face-api') })
      await trainer.warm()
    },
    async close() {
      await trainer.close()
      await events.close()
    },
  })
})
