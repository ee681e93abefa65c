import { runService } from '../../libs/rpc/run-service.js'
import { createStack } from './stack.js'

await runService('crossres', process, ({ environment, logger, telemetry }) =>
  createStack({ ...environment, logger, telemetry }),
)
