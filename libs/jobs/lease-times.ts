/** The times of a lease, in milliseconds. */
export interface LeaseTimes {
  /** How often a worker renews it. */
  readonly renewMs: number
  /** A worker that could not renew it for so long stops its work; far enough below `lostMs` to have stopped by then. */
  readonly giveUpMs: number
  /** Another worker that has seen no renewal for so long takes it. */
  readonly lostMs: number
}

/** A store that is away for half a minute ends no work; the work of a lost node goes on within a minute. */
export const LEASE_TIMES: LeaseTimes = { renewMs: 5_000, giveUpMs: 35_000, lostMs: 45_000 }
