import { join } from 'node:path'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { runService } from '../../libs/rpc/run-service.js'
import { createDownsampler } from './create-downsampler.js'

await runService('downsampler', process, async ({ environment, serve }) => {
  const objects = await createFolderObjectStore({ folder: join(environment.dataFolder, 'objects') })
  return serve(createDownsampler({ objects, cacheFolder: environment.cacheFolder }, environment.settings))
})
