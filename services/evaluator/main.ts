import { runService } from '../../libs/rpc/run-service.js'
import { createEvaluatorService } from './service.js'

await runService('evaluator', process, ({ serve }) =>
  serve({ services: [createEvaluatorService()], warm: async () => {}, close: async () => {} }),
)
