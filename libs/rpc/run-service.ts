import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import { type Environment, readEnvironment } from '../config/environment.js'
import { once } from '../config/once.js'
import { createLogger } from '../telemetry/logger.js'
import { openTelemetry } from '../telemetry/open-telemetry.js'
import type { Telemetry } from '../telemetry/telemetry.js'
import { type Servable, type Served, type ServeOptions, serve } from './serve.js'
import { openSharedParts, type SharedParts } from './shared-parts.js'

/** What a process of ours is started with. */
export interface TaskContext {
  readonly environment: Environment
  readonly logger: Logger
  /** Hears of all work. */
  readonly telemetry: Telemetry
  /** Opens what it shares with other services, once; it is closed at the end. */
  open(): Promise<SharedParts>
}

/** What a service is started with. */
export interface ServiceContext extends TaskContext {
  /** Serves a part where and how the environment says. */
  serve(part: Servable): Promise<Served>
}

/**
 * The life of a service's process: settings from the environment, start, SIGINT or SIGTERM, end in order.
 * A second signal ends it at once. What prevents the start is one line in the log and exit code 1.
 */
export async function runService(
  name: string,
  host: NodeJS.Process,
  start: (context: ServiceContext) => Promise<Served>,
): Promise<void> {
  const signal = firstSignal(host)
  await runTask(name, host, async (context) => {
    const { environment, logger, telemetry } = context
    const { maxMessageBytes } = environment.settings
    const options: ServeOptions = { ...environment, logger, telemetry, maxMessageBytes }
    const served = await start({ ...context, serve: (part) => serve(part, options) })
    try {
      await Promise.race([served.ready.then(() => signal), signal])
      logger.info('stopping')
    } finally {
      await served.stop()
    }
  })
}

/** A process that does its work and ends; what prevents it is one line in the log and exit code 1. */
export async function runTask(
  name: string,
  host: NodeJS.Process,
  work: (context: TaskContext) => Promise<void>,
): Promise<void> {
  // It writes plain lines between our JSON; what they say reaches us as errors.
  setLogVerbosity(logVerbosity.NONE)
  let logger = createLogger(name, 'info')
  try {
    const environment = readEnvironment(host.env)
    const telemetry = await openTelemetry(environment.telemetry, name)
    logger = createLogger(name, environment.logLevel, telemetry.tracing)
    const parts = once(() => openSharedParts(environment, name, logger, telemetry))
    try {
      await telemetry.serve({ ...environment, logger })
      await work({ environment, logger, telemetry, open: parts.get })
    } finally {
      await (await parts.made())?.close()
      await telemetry.close()
    }
  } catch (error) {
    if (error instanceof DomainError) logger.fatal({ reason: error.reason, ...error.metadata }, error.message)
    else logger.fatal({ err: error }, 'the service failed')
    host.exitCode = 1
  }
}

function firstSignal(host: NodeJS.Process): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      host.on(name, () => {
        seen += 1
        if (seen > 1) host.exit(1)
        resolve()
      })
    }
  })
}
