import { join } from 'node:path'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createTrainer } from './create-trainer.js'

await runService('trainer', process, async ({ environment, logger, open, serve }) => {
  const { dataFolder, cacheFolder, settings } = environment
  const parts = await open()
  const folder = join(dataFolder, 'trainer')
  const trainer = await createTrainer({ ...parts, folder, cacheFolder, logger }, settings)
  return serve({
    ...trainer,
    async warm() {
      const base = { registry: createModelRegistry(parts), packageFolder: faceApiFolder() }
      await ensureBaseModel({ ...base, cacheFolder: join(cacheFolder, 'face-api') })
      await trainer.warm()
    },
  })
})
