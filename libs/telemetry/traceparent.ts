import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

/** Name of the header, of gRPC metadata and of events (W3C Trace Context, 3.2). */
export const TRACEPARENT = 'traceparent'

/** `version-traceid-parentid-flags`; a later version may have more behind (W3C Trace Context, 3.2.2 and 4). */
const FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** @returns a span as others name it as their parent */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
}

/** @returns the span of another process; undefined where the header is absent or wrong, which begins a new trace */
export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = FORM.exec(header ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const span: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(span) ? span : undefined
}
