import { runTask } from '../../libs/rpc/run-service.js'
import { setUp } from './set-up.js'

await runTask('setup', process, async ({ environment, logger, open }) => {
  await setUp({ ...environment, openObjects: async () => (await open()).objects, logger })
})
