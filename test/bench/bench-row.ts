/** One measured figure beside a peer's, both measured in the same run. */
export interface BenchRow {
  /** What was measured, with its sizes. */
  readonly what: string
  readonly ours: number
  /** The peer's figure; null where there is no peer. */
  readonly peer: number | null
  /** Unit of both, e.g. `ms`. */
  readonly unit: string
  /** ours / peer; null where there is no peer. */
  readonly ratio: number | null
  /** What is asked for, in words. */
  readonly bar: string
  /** Whether it is met; null where nothing is asked for. */
  readonly pass: boolean | null
}

/** A benchmark that `npm run bench NAME` runs. */
export interface Bench {
  readonly name: string
  /** @param log receives lines for the person who waits */
  run(log: (line: string) => void): Promise<BenchRow[]>
}
