import { join } from 'node:path'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createEmbedder } from './create-embedder.js'

await runService('embedder', process, async ({ environment, logger, serve }) => {
  const objects = await createFolderObjectStore({ folder: join(environment.dataFolder, 'objects') })
  return serve(createEmbedder({ objects, cacheFolder: environment.cacheFolder, logger }, environment.settings))
})
