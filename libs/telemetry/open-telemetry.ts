import type { Logger } from 'pino'
import { checkBinding } from '../rpc/binding.js'
import { createMetrics } from './metrics.js'
import { openOtlpTracer } from './otlp.js'
import { type ServedMetrics, serveMetrics } from './serve-metrics.js'
import { createTelemetry, type Telemetry } from './telemetry.js'
import { createTracing } from './tracing.js'

/** What of its work a process shows, and where. */
export interface TelemetrySettings {
  /** Port of the metrics; 0: none. */
  readonly metricsPort: number
  /** Base address of the collector of traces, e.g. http://localhost:4318; undefined: none. */
  readonly tracesEndpoint: string | undefined
}

/** Telemetry of a process. */
export interface ProcessTelemetry extends Telemetry {
  /**
   * Serves the metrics where the settings ask for it, on the address of the service and by its rule.
   * @throws DomainError ADDRESS_INSECURE, ADDRESS_UNAVAILABLE
   */
  serve(where: { readonly host: string; readonly insecure: boolean; readonly logger: Logger }): Promise<void>
  /** Sends the last spans and ends the serving. */
  close(): Promise<void>
}

/** Opens what the settings ask for: without them nothing is measured or traced. */
export async function openTelemetry(
  { metricsPort, tracesEndpoint }: TelemetrySettings,
  service: string,
): Promise<ProcessTelemetry> {
  const metrics = metricsPort > 0 ? createMetrics({ process: true }) : undefined
  const otlp = tracesEndpoint === undefined ? undefined : await openOtlpTracer(tracesEndpoint, service)
  let served: ServedMetrics | undefined
  return {
    ...createTelemetry({ ...(metrics && { metrics }), ...(otlp && { tracing: createTracing(otlp.tracer) }) }),
    async serve({ host, insecure, logger }) {
      if (!metrics) return
      checkBinding(host, insecure)
      served = await serveMetrics(metrics, { host, port: metricsPort, logger })
      logger.info({ url: served.url }, 'metrics are served')
    },
    async close() {
      await served?.close()
      await otlp?.close()
    },
  }
}
