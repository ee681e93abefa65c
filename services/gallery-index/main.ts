import { join } from 'node:path'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { createClients } from '../../libs/rpc/client.js'
import { runService } from '../../libs/rpc/run-service.js'
import type { GetModel } from './calibrations.js'
import { createGalleryIndex } from './create-gallery-index.js'
import type { CallEmbedder } from './face-embedder.js'

await runService('gallery-index', process, async ({ environment, logger, serve }) => {
  const clients = createClients({ address: environment.embedderAddress, retry: false })
  const events = createInProcessEventBus()
  const callEmbedder: CallEmbedder = (request, signal) => clients.embedder.embed(request, { signal })
  const getModel: GetModel = (request) => clients.embedder.getModel(request)
  const folder = join(environment.dataFolder, 'galleries')
  // The embedder's store: it reads there the pictures that this service keeps.
  const store = { kind: 'folder' as const, folder: join(environment.dataFolder, 'objects') }
  const objects = await openObjectStore(store, 'gallery-index')
  const { settings } = environment
  const galleryIndex = await createGalleryIndex({ folder, objects, callEmbedder, getModel, events, logger, settings })
  return serve({
    ...galleryIndex,
    async close() {
      await galleryIndex.close()
      await events.close()
      clients.close()
    },
  })
})
