import type { Logger } from 'pino'
import { hasEnded, isFreeFor, type Job } from './job.js'
import type { Jobs } from './jobs.js'
import type { LeaseTimes } from './lease-times.js'

/** What happens to a lease while it is kept. */
export interface LeaseListener<R> {
  /** Time has passed, and the lease has not been lost. */
  alive(): void
  /** It was renewed. @param record the job, which others may have changed */
  renewed(record: R): void
  /** Another has it or may have it: the work must end at once. */
  lost(): void
}

/** A lease that is being kept. */
export interface KeptLease {
  /** Renews it no more, and waits for the renewal on its way. @returns whether it was kept until now */
  end(): Promise<boolean>
}

/** Renews the lease of a job that was taken, see takeJob. */
export function keepLease<R extends Job<unknown>>(
  jobs: Pick<Jobs<R, unknown>, 'change' | 'worker'>,
  id: string,
  {
    times,
    logger,
    listener,
  }: { readonly times: LeaseTimes; readonly logger: Logger; readonly listener: LeaseListener<R> },
): KeptLease {
  const { worker } = jobs
  const isOurs = (record: R) => !hasEnded(record) && record.lease !== undefined && isFreeFor(record, worker)
  let renewedAt = performance.now()
  let renewing: Promise<void> | undefined
  let isFailing = false
  let isLost = false

  const lose = () => {
    clearInterval(timer)
    isLost = true
    logger.warn({ job: id }, 'the lease of a job is lost: its work here ends')
    listener.lost()
  }
  const isOverdue = () => performance.now() - renewedAt >= times.giveUpMs

  async function renew(): Promise<void> {
    const asked = performance.now()
    try {
      const record = await jobs.change(id, (before) =>
        isOurs(before) ? { ...before, lease: { worker, renewTime: Date.now() } } : before,
      )
      if (isLost) return
      if (!isOurs(record)) return lose()
      renewedAt = asked
      isFailing = false
      listener.renewed(record)
    } catch (err) {
      isFailing = true
      logger.warn({ err, job: id }, 'the lease of a job could not be renewed; trying again')
    }
  }

  const timer = setInterval(() => {
    // A renewal may hang, or fail again and again. One that was not even tried, by a process that stood still, is tried first.
    if (isOverdue() && (renewing || isFailing)) return lose()
    listener.alive()
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
  }, times.renewMs)

  return {
    async end() {
      clearInterval(timer)
      await renewing
      return !isLost
    },
  }
}
