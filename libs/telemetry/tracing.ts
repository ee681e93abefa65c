import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { formatTraceparent, parseTraceparent } from './traceparent.js'

/** Which side of a call or an event the work is. */
export type WorkKind = 'server' | 'client' | 'producer' | 'consumer'

/** What is known of work when it begins. Never pictures, embeddings, keys, or names that callers choose. */
export interface WorkOptions {
  /** Default: a step within the process. */
  readonly kind?: WorkKind
  /** Header of the caller or the event; default: the work at hand. */
  readonly parent?: string | undefined
  /** Passed on to the calls that the work makes; default: that of the work at hand. */
  readonly requestId?: string
  readonly attributes?: Attributes
}

/** Work that has begun: a span. */
export interface TracedWork {
  /** 32 hexadecimal digits; undefined where nothing is traced. */
  readonly traceId: string | undefined
  /** What names it as the parent of work elsewhere. */
  readonly traceparent: string | undefined
  /** Runs something so that what it begins is part of this work, however long it takes. */
  within<T>(run: () => T): T
  /** @param failure a status or a reason where it failed: never a message, which may name a subject */
  end(failure?: string): void
}

/** Ids of the work at hand. */
export interface WorkIds {
  readonly traceId?: string
  readonly requestId?: string
}

/** Follows work through processes. Every instance stands alone: nothing of it is global. */
export interface Tracing {
  /** Whether anything is traced. */
  readonly enabled: boolean
  /** Begins work as part of the work at hand, or of `parent`. */
  begin(name: string, options?: WorkOptions): TracedWork
  /**
   * Adds a step of the work at hand that is over, as a thread has measured it.
   * @param startMs since the epoch
   */
  add(name: string, startMs: number, seconds: number): void
  /** The ids of the work at hand; empty where there is none. */
  ids(): WorkIds
}

const NO_WORK: TracedWork = { traceId: undefined, traceparent: undefined, within: (run) => run(), end() {} }

/** Traces nothing, at no cost. */
export const NO_TRACING: Tracing = { enabled: false, begin: () => NO_WORK, add() {}, ids: () => ({}) }

const KINDS: Readonly<Record<WorkKind, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

interface Current {
  readonly context: Context
  readonly requestId: string | undefined
}

const NOTHING: Current = { context: ROOT_CONTEXT, requestId: undefined }

/** @param tracer makes the spans; where they go is its provider's business */
export function createTracing(tracer: Tracer): Tracing {
  const storage = new AsyncLocalStorage<Current>()
  const current = () => storage.getStore() ?? NOTHING

  return {
    enabled: true,
    begin(name, { kind, parent, requestId = current().requestId, attributes = {} } = {}) {
      const remote = parseTraceparent(parent)
      const from = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : current().context
      const span = tracer.startSpan(name, { kind: kind ? KINDS[kind] : SpanKind.INTERNAL, attributes }, from)
      const here: Current = { context: trace.setSpan(from, span), requestId }
      return {
        traceId: span.spanContext().traceId,
        traceparent: formatTraceparent(span.spanContext()),
        within: (run) => storage.run(here, run),
        end(failure) {
          if (failure !== undefined) {
            span.setAttribute('error.type', failure)
            span.setStatus({ code: SpanStatusCode.ERROR })
          }
          span.end()
        },
      }
    },
    add(name, startMs, seconds) {
      const { context } = current()
      tracer.startSpan(name, { startTime: startMs }, context).end(startMs + seconds * 1_000)
    },
    ids() {
      const { context, requestId } = current()
      const traceId = trace.getSpanContext(context)?.traceId
      return { ...(traceId !== undefined && { traceId }), ...(requestId !== undefined && { requestId }) }
    },
  }
}
