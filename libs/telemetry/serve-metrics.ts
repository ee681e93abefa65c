import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import type { MetricsRegistry } from './metrics.js'

/** Where metrics are served. */
export interface ServeMetricsOptions {
  /** An address that was judged already, as that of the service itself. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly logger: Pick<Logger, 'error'>
}

/** A place to fetch metrics from. */
export interface ServedMetrics {
  /** `http://host:port/metrics`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Answers `GET /metrics` over plain HTTP; health is asked for over gRPC.
 * @throws DomainError ADDRESS_UNAVAILABLE
 */
export async function serveMetrics(metrics: MetricsRegistry, options: ServeMetricsOptions): Promise<ServedMetrics> {
  const { host, port, logger } = options
  const server = createServer(async (request, response) => {
    const [path] = (request.url ?? '').split('?')
    if (path !== '/metrics') return response.writeHead(404).end('Metrics are at /metrics.\n')
    if (request.method !== 'GET') return response.writeHead(405, { allow: 'GET' }).end()
    try {
      response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text())
    } catch (error) {
      logger.error({ err: error }, 'the metrics could not be collected')
      response.writeHead(500).end()
    }
  })
  try {
    await once(server.listen(port, host.replace(/^\[|\]$/g, '')), 'listening')
  } catch (cause) {
    throw new DomainError(
      'ADDRESS_UNAVAILABLE',
      `Cannot serve metrics on ${host}:${port}: it is taken, or not an address of this machine. Choose another CROSSRES_METRICS_PORT, or 0 for none.`,
      {},
      cause,
    )
  }
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}/metrics`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
