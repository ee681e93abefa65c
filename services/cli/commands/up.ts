import { once } from 'node:events'
import type { Command } from 'commander'
import { pino } from 'pino'
import { readEnvironment } from '../../../libs/config/environment.js'
import { announceServer } from '../../../libs/config/running-server.js'
import { checkBinding } from '../../../libs/rpc/binding.js'
import { openTelemetry } from '../../../libs/telemetry/open-telemetry.js'
import type { Run } from '../context.js'
import { EXIT_CODE } from '../failure.js'
import { integer } from '../option-values.js'

interface UpOptions {
  readonly host?: string
  readonly port?: number
  readonly insecure?: true
}

/** Adds `crossres up`. */
export function addUp(program: Command, run: Run): void {
  program
    .command('up')
    .description('serve all services over gRPC until Ctrl-C')
    .option('--host <host>', 'address to listen on (or CROSSRES_HOST; default 127.0.0.1)')
    .option(
      '--port <port>',
      'port to listen on, 0 for a free one (or CROSSRES_PORT; default 50051)',
      integer(0, 65_535),
    )
    .option('--insecure', 'listen beyond this machine without encryption and tokens')
    .addHelpText('after', HELP)
    .action(
      run(async ({ options, output, signal, terminal }, chosen: UpOptions) => {
        const environment = readEnvironment(terminal.env)
        const host = chosen.host ?? environment.host
        const insecure = chosen.insecure ?? environment.insecure
        checkBinding(host, insecure)
        const level = options.verbose ? 'debug' : environment.logLevel
        const telemetry = await openTelemetry(environment.telemetry, 'crossres')
        const logger = pino({ level, mixin: telemetry.tracing.ids }, pino.destination({ dest: 2, sync: true }))
        const { createStack } = await import('../../standalone/stack.js')
        const served = await createStack({
          dataFolder: options.dataFolder,
          cacheFolder: options.cacheFolder,
          objects: environment.objects,
          events: environment.events,
          vectors: environment.vectors,
          host,
          insecure,
          port: chosen.port ?? environment.port,
          logger,
          telemetry,
          settings: environment.settings,
        })
        const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort')
        let withdraw: (() => Promise<void>) | undefined
        try {
          await telemetry.serve({ host, insecure, logger })
          await Promise.race([served.ready, stopped])
          if (!signal.aborted) {
            withdraw = await announceServer(options.dataFolder, served.address)
            output.result(
              { address: served.address, dataFolder: options.dataFolder },
              () => `Serving on ${served.address}, data in ${options.dataFolder}. Ctrl-C ends it.`,
            )
            await stopped
          }
        } finally {
          await withdraw?.()
          await served.stop()
          await telemetry.close()
        }
        return EXIT_CODE.ok
      }),
    )
}

const HELP = `
Commands on the same data folder find the server by themselves; others use --address.

Examples:
  crossres up
  crossres up --port 0 --data ./demo-data --json
  crossres up --host 0.0.0.0 --insecure                 inside a network that you trust`
