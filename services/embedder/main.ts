import { runService } from '../../libs/rpc/run-service.js'
import { createEmbedder } from './create-embedder.js'

await runService('embedder', process, async ({ environment, logger, telemetry, open, serve }) => {
  const { cacheFolder, settings } = environment
  return serve(createEmbedder({ ...(await open()), cacheFolder, logger, telemetry }, settings))
})
