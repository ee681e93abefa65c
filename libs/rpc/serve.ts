import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import type { Telemetry } from '../telemetry/telemetry.js'
import { checkBinding } from './binding.js'
import { createRpcServer, type RpcService } from './server.js'

/** A part of the system that can be served: one service, or all of them. */
export interface Servable {
  readonly services: readonly RpcService[]
  /** Loads and warms what the first call needs; health says SERVING after it. */
  warm(): Promise<void>
  /** Frees everything; called after the last call has ended. */
  close(): Promise<void>
}

/** Where and how to serve. */
export interface ServeOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Allows an address that other machines reach; default: not. */
  readonly insecure?: boolean
  readonly logger: Logger
  /** Hears of every call; default: nobody does. */
  readonly telemetry?: Telemetry
  /** Largest request in bytes. */
  readonly maxMessageBytes?: number
}

/** Something that is being served. */
export interface Served {
  /** `host:port`. */
  readonly address: string
  /** Resolves when everything is warm and health says SERVING. */
  readonly ready: Promise<void>
  /** Ends the calls at work, waiting for them a while, and frees everything. */
  stop(graceMs?: number): Promise<void>
}

/** 16 MiB: a 12-megapixel photograph at high quality fits. */
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const DEFAULT_GRACE_MS = 10_000

/**
 * Serves at once, with health NOT_SERVING until everything is warm. The part is closed when serving ends, or cannot begin.
 * @throws DomainError ADDRESS_INSECURE, ADDRESS_UNAVAILABLE
 */
export async function serve(part: Servable, options: ServeOptions): Promise<Served> {
  try {
    return await listenAndWarm(part, options)
  } catch (error) {
    await part.close()
    throw error
  }
}

async function listenAndWarm(part: Servable, options: ServeOptions): Promise<Served> {
  const { logger, host } = options
  if (checkBinding(host, options.insecure ?? false)) {
    logger.warn(
      { host },
      'serving other machines in plain text and without tokens: whoever reaches the port can search faces',
    )
  }
  const server = createRpcServer({
    services: part.services,
    logger,
    ...(options.telemetry && { telemetry: options.telemetry }),
    descriptors: await readFile(new URL('../../gen/image.binpb', import.meta.url)),
    maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
  })
  const name = host.includes(':') ? `[${host}]` : host
  const port = await server.listen(`${name}:${options.port}`).catch((cause: unknown) => {
    throw new DomainError(
      'ADDRESS_UNAVAILABLE',
      `Cannot listen on ${name}:${options.port}: it is taken, or not an address of this machine. Choose another --port or --host.`,
      {},
      cause,
    )
  })
  const address = `${name}:${port}`
  logger.info({ address }, 'listening')

  let stopping: Promise<void> | undefined
  const ready = part.warm().then(() => {
    if (stopping) return
    server.setServing(true)
    logger.info({ address }, 'serving')
  })
  // Whoever waits for `ready` hears of its failure; nobody else must crash for it.
  ready.catch(() => {})

  return {
    address,
    ready,
    stop(graceMs = DEFAULT_GRACE_MS) {
      stopping ??= server.shutdown(graceMs).then(() => part.close())
      return stopping
    },
  }
}
