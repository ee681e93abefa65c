import { join } from 'node:path'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createEvaluator } from './create-evaluator.js'

await runService('evaluator', process, async ({ environment, logger, open, serve }) => {
  const { dataFolder, cacheFolder, settings } = environment
  const parts = await open()
  const folder = join(dataFolder, 'evaluator')
  const evaluator = await createEvaluator({ ...parts, folder, cacheFolder, logger }, settings)
  return serve({
    ...evaluator,
    async warm() {
      const base = { registry: createModelRegistry(parts), packageFolder: faceApiFolder() }
      await ensureBaseModel({ ...base, cacheFolder: join(cacheFolder, 'face-api') })
      await evaluator.warm()
    },
  })
})
