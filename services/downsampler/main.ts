import { runService } from '../../libs/rpc/run-service.js'
import { createDownsampler } from './create-downsampler.js'

await runService('downsampler', process, async ({ environment, open, serve }) => {
  const { cacheFolder, settings } = environment
  return serve(createDownsampler({ ...(await open()), cacheFolder }, settings))
})
