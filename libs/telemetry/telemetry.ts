import { DomainError } from '../config/domain-error.js'
import type { Stage } from './metric-names.js'
import { type Metrics, NO_METRICS } from './metrics.js'
import type { StageTiming } from './stage-clock.js'
import { NO_TRACING, type Tracing } from './tracing.js'

/** What services report of their work: numbers for all of it, and spans of what is traced. */
export interface Telemetry {
  readonly metrics: Metrics
  readonly tracing: Tracing
  /** Runs a stage of a call, as a number and as a span. */
  stage<T>(stage: Stage, run: () => Promise<T>): Promise<T>
  /** Takes stages that a thread has measured. */
  stages(timings: readonly StageTiming[]): void
}

/** @returns telemetry out of its parts; what is left out does nothing */
export function createTelemetry(parts: { readonly metrics?: Metrics; readonly tracing?: Tracing } = {}): Telemetry {
  const { metrics = NO_METRICS, tracing = NO_TRACING } = parts
  return {
    metrics,
    tracing,
    async stage(stage, run) {
      const work = tracing.begin(stage)
      const started = performance.now()
      let failure: string | undefined
      try {
        return await work.within(run)
      } catch (error) {
        failure = failureName(error)
        throw error
      } finally {
        metrics.observe('stageSeconds', { stage }, (performance.now() - started) / 1_000)
        work.end(failure)
      }
    },
    stages(timings) {
      for (const { stage, startMs, seconds } of timings) {
        metrics.observe('stageSeconds', { stage }, seconds)
        tracing.add(stage, startMs, seconds)
      }
    },
  }
}

/** Reports nothing. */
export const NO_TELEMETRY: Telemetry = createTelemetry()

/** @returns a word for what went wrong, without anything of the caller's in it */
export function failureName(error: unknown): string {
  if (error instanceof DomainError) return error.reason
  return error instanceof Error ? error.name : 'Error'
}
