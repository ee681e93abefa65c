import { join } from 'node:path'
import { createClients } from '../../libs/rpc/client.js'
import { runService } from '../../libs/rpc/run-service.js'
import type { GetModel } from './calibrations.js'
import { createGalleryIndex } from './create-gallery-index.js'
import type { CallEmbedder } from './face-embedder.js'

await runService('gallery-index', process, async ({ environment, logger, telemetry, open, serve }) => {
  const { objects, events } = await open()
  const clients = createClients({ address: environment.embedderAddress, retry: false, tracing: telemetry.tracing })
  const callEmbedder: CallEmbedder = (request, signal) => clients.embedder.embed(request, { signal })
  const getModel: GetModel = (request) => clients.embedder.getModel(request)
  const folder = join(environment.dataFolder, 'galleries')
  const { settings, vectors } = environment
  const galleryIndex = await createGalleryIndex({
    folder,
    objects,
    vectors,
    callEmbedder,
    getModel,
    events,
    logger,
    telemetry,
    settings,
  })
  return serve({
    ...galleryIndex,
    async close() {
      await galleryIndex.close()
      clients.close()
    },
  })
})
