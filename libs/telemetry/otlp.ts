import type { Tracer } from '@opentelemetry/api'
import { softwareVersion } from '../config/software-version.js'

/** Makes spans that are sent to a collector. */
export interface OtlpTracer {
  readonly tracer: Tracer
  /** Sends what waits, and ends. Never throws: a collector that is away must not hold up the end of a service. */
  close(): Promise<void>
}

/**
 * Sends spans in batches by OTLP over HTTP. Headers, time-outs and sampling are set by the variables that OpenTelemetry defines
 * (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER` ...), which its SDK reads.
 * @param endpoint base address of the collector, e.g. http://localhost:4318
 * @param service `service.name`
 */
export async function openOtlpTracer(endpoint: string, service: string): Promise<OtlpTracer> {
  // Loaded here: whoever does not trace does not wait for it.
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const version = softwareVersion()
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  return {
    tracer: provider.getTracer('crossres', version),
    close: () => provider.shutdown().catch(() => {}),
  }
}
