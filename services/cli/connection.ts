import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { DomainError } from '../../libs/config/domain-error.js'
import { readEnvironment } from '../../libs/config/environment.js'
import { findServer } from '../../libs/config/running-server.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import type { GlobalOptions } from './context.js'
import type { Terminal } from './terminal.js'

/** HealthCheckResponse.ServingStatus of grpc.health.v1. */
const SERVING = 1
const HEALTH_DEADLINE_MS = 5_000
const HEALTH_EVERY_MS = 200
/** A first start imports the base model, which takes a small machine some seconds. */
const WARM_WITHIN_MS = 120_000

/**
 * Runs `work` with clients of the server at --address, else of the running server of the data folder, else of one that lives in this
 * process, on a free port of loopback, as long as `work` does.
 * @throws DomainError SERVER_UNREACHABLE, SERVER_NOT_SERVING
 */
export async function connect<T>(
  options: GlobalOptions,
  terminal: Terminal,
  work: (clients: Clients) => Promise<T>,
): Promise<T> {
  const address = await serverAddress(options)
  if (address !== undefined) return withServer(address, terminal.signal, work)

  // Loaded when needed: native libraries would slow down commands that talk to a server.
  const { createStack } = await import('../standalone/stack.js')
  const served = await createStack({
    dataFolder: options.dataFolder,
    cacheFolder: options.cacheFolder,
    host: '127.0.0.1',
    port: 0,
    // A training belongs to the command that asks for it: any other would begin it and stop it again.
    takesUpRuns: false,
    // The command itself says what went wrong; the server's view of it is for those who ask.
    logger: pino({ level: options.verbose ? 'debug' : 'silent' }, pino.destination({ dest: 2, sync: true })),
    settings: readEnvironment(terminal.env).settings,
  })
  try {
    await served.ready
    return await withServer(served.address, terminal.signal, work)
  } finally {
    await served.stop()
  }
}

/** @returns the server that a command talks to; undefined where it does the work in its own process */
export async function serverAddress({ address, dataFolder }: GlobalOptions): Promise<string | undefined> {
  return address ?? (await findServer(dataFolder))
}

async function withServer<T>(address: string, signal: AbortSignal, work: (clients: Clients) => Promise<T>): Promise<T> {
  const clients = createClients({ address })
  try {
    await untilServing(clients, address, signal)
    return await work(clients)
  } finally {
    clients.close()
  }
}

/** Waits for a server that is still loading its models; one that is not there is an error at once. */
async function untilServing(clients: Clients, address: string, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + WARM_WITHIN_MS
  for (;;) {
    const { status } = await clients.health
      .check({ service: '' }, { signal, deadline: HEALTH_DEADLINE_MS })
      .catch((error: unknown) => {
        signal.throwIfAborted()
        throw unreachable(address, error)
      })
    if (status === SERVING) return
    if (Date.now() > giveUpAt) {
      throw new DomainError(
        'SERVER_NOT_SERVING',
        `The server at ${address} is there but does not serve: its log says why.`,
        {
          address,
        },
      )
    }
    await sleep(HEALTH_EVERY_MS, undefined, { signal })
  }
}

function unreachable(address: string, cause: unknown): DomainError {
  return new DomainError(
    'SERVER_UNREACHABLE',
    `No crossres server answers at ${address}: start one with \`crossres up\`, or leave out --address to do the work without a server.`,
    { address },
    cause,
  )
}
