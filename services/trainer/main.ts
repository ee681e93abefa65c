import { runService } from '../../libs/rpc/run-service.js'
import { createTrainerService } from './service.js'

await runService('trainer', process, ({ serve }) =>
  serve({ services: [createTrainerService()], warm: async () => {}, close: async () => {} }),
)
