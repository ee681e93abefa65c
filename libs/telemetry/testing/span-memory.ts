import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { createTracing, type Tracing } from '../tracing.js'

/** Spans of one or several processes of a test. */
export interface SpanMemory {
  /** @returns tracing as a process has it: apart from all others, but for what it tells them */
  process(): Tracing
  /** The spans that have ended. */
  spans(): readonly ReadableSpan[]
  /** Names from a span up to the root of its trace. @throws Error where the span, or one above it, is not there */
  pathOf(name: string): string[]
  forget(): void
}

export function createSpanMemory(): SpanMemory {
  const exporter = new InMemorySpanExporter()
  const spans = () => exporter.getFinishedSpans()
  const pathFrom = (span: ReadableSpan): string[] => {
    const parent = span.parentSpanContext
    if (!parent) return [span.name]
    const above = spans().find((one) => {
      const { spanId, traceId } = one.spanContext()
      return spanId === parent.spanId && traceId === parent.traceId
    })
    if (!above) throw new Error(`nothing above ${span.name}`)
    return [span.name, ...pathFrom(above)]
  }
  return {
    process() {
      const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      return createTracing(provider.getTracer('test'))
    },
    spans,
    pathOf(name) {
      const span = spans().find((one) => one.name === name)
      if (!span) throw new Error(`no span ${name} among ${spans().map((one) => one.name)}`)
      return pathFrom(span)
    },
    forget: () => exporter.reset(),
  }
}
