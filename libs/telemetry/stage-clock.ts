import type { Stage } from './metric-names.js'

/** A stage that is over. */
export interface StageTiming {
  readonly stage: Stage
  /** When it began, in milliseconds since the epoch. */
  readonly startMs: number
  readonly seconds: number
}

/** Measures stages where no telemetry is: in threads, whose answers carry the timings to the thread that has it. */
export interface StageClock {
  readonly timings: readonly StageTiming[]
  /** Runs a stage; one that throws is measured as well. */
  time<T>(stage: Stage, run: () => Promise<T>): Promise<T>
}

export function createStageClock(): StageClock {
  const timings: StageTiming[] = []
  return {
    timings,
    async time(stage, run) {
      const started = performance.now()
      try {
        return await run()
      } finally {
        const seconds = (performance.now() - started) / 1_000
        timings.push({ stage, startMs: performance.timeOrigin + started, seconds })
      }
    },
  }
}
