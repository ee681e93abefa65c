import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { hasEnded, isFreeFor, type Job, type Lease } from './job.js'
import { jobHeldElsewhere } from './job-problem.js'
import type { Jobs } from './jobs.js'
import type { LeaseTimes } from './lease-times.js'

/** How a job is taken. */
export interface TakeJobOptions {
  readonly times: LeaseTimes
  /** Ends the waiting; its reason is thrown. */
  readonly signal: AbortSignal
  /** Called while it waits for a lease to be over. */
  waiting(): void
}

/**
 * Takes the lease of a job: at once where nobody has it or an earlier process of this worker does, else when it was not renewed for
 * `times.lostMs`, watched by our own clock.
 * @returns the job, RUNNING and ours; as it is where it has ended
 * @throws DomainError JOB_HELD_ELSEWHERE where another worker is alive; see Jobs.change
 */
export async function takeJob<R extends Job<unknown>>(
  jobs: Pick<Jobs<R, unknown>, 'change' | 'worker'>,
  id: string,
  { times, signal, waiting }: TakeJobOptions,
): Promise<R> {
  const { worker } = jobs
  let other: Lease | undefined
  let since = 0
  for (;;) {
    const over = other !== undefined && performance.now() - since >= times.lostMs ? other : undefined
    const isOver = (lease: Lease | undefined) => over !== undefined && isDeepStrictEqual(lease, over)
    const record = await jobs.change(id, (before) =>
      hasEnded(before) || !(isFreeFor(before, worker) || isOver(before.lease)) ? before : begin(before, worker),
    )
    if (hasEnded(record) || isFreeFor(record, worker)) return record
    if (other === undefined) {
      other = record.lease
      since = performance.now()
    } else if (!isDeepStrictEqual(record.lease, other)) throw jobHeldElsewhere(id)
    waiting()
    await sleep(times.renewMs, undefined, { signal }).catch(() => {})
    signal.throwIfAborted()
  }
}

function begin<R extends Job<unknown>>(record: R, worker: string): R {
  const now = Date.now()
  return { ...record, state: 'running', startTime: record.startTime ?? now, lease: { worker, renewTime: now } }
}
