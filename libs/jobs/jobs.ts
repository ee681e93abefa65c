import { EventEmitter, once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { createKeyedLock } from '../config/keyed-lock.js'
import { hasEnded, isFreeFor, type Job } from './job.js'
import { jobHeldElsewhere } from './job-problem.js'
import type { JobStore } from './job-store.js'

/**
 * The jobs of a service as they are now: the stored ones, those at work here with progress that is not stored yet, and whoever watches
 * them. Other processes may have the same store.
 */
export interface Jobs<R, Progress> {
  /** The worker that this process is. */
  readonly worker: string
  /** See JobStore. */
  create(record: R): Promise<void>
  get(id: string): Promise<R>
  list(): Promise<R[]>
  /** Changes and stores a job, progress included, and tells its watchers; changes come in the order of the calls. See JobStore.update. */
  change(id: string, change: (record: R) => R): Promise<R>
  /**
   * The same for one who works on the job.
   * @throws DomainError JOB_HELD_ELSEWHERE where another worker has it, or it has ended
   */
  changeHeld(id: string, change: (record: R) => R): Promise<R>
  /** Takes progress, and tells the watchers at once. @returns whether it was also stored, which happens every few seconds */
  progressed(id: string, progress: Progress): Promise<boolean>
  /** Nobody works on the job here any more: what is stored of it is all there is. */
  left(id: string): void
  /**
   * The job as it is, then each time it has changed, until it has ended; a slow reader misses what lies between, and what another process
   * does is seen within a second or so.
   * @throws DomainError of the store: not found; AbortError with the signal
   */
  watch(id: string, signal: AbortSignal): AsyncGenerator<R, void>
}

/** What jobs are kept with. */
export interface JobsDeps<R, Progress> {
  readonly store: JobStore<R>
  /** See openWorkerName. */
  readonly worker: string
  readonly logger: Logger
  /** Whether progress is worth storing at once; default: never. */
  isNotable?(progress: Progress, before: Progress | undefined): boolean
}

/** Losing so much progress with the process hurts nobody: the work goes on where it was kept anyway. */
const SAVE_MS = 3_000
/** How often a watch looks for what other processes did. */
const POLL_MS = 1_000

/** Not the id alone: an emitter treats "error" as one. */
const eventOf = (id: string) => `changed ${id}`

/** @returns the jobs of one service */
export function createJobs<R extends Job<Progress>, Progress>(deps: JobsDeps<R, Progress>): Jobs<R, Progress> {
  const { store, worker, logger, isNotable = () => false } = deps
  const fresh = new Map<string, { readonly progress: Progress; savedAt: number }>()
  const inOrder = createKeyedLock()
  const changes = new EventEmitter()
  changes.setMaxListeners(0)

  const withProgress = (record: R): R => {
    const progress = fresh.get(record.spec.id)?.progress
    return progress ? { ...record, progress } : record
  }

  const change: Jobs<R, Progress>['change'] = async (id, edit) => {
    const changed = await inOrder.run(id, () => store.update(id, (record) => settled(edit(withProgress(record)))))
    if (hasEnded(changed)) fresh.delete(id)
    changes.emit(eventOf(id))
    return changed
  }

  const changeHeld: Jobs<R, Progress>['changeHeld'] = (id, edit) =>
    change(id, (record) => {
      if (hasEnded(record) || !isFreeFor(record, worker)) throw jobHeldElsewhere(id)
      return edit(record)
    })

  return {
    worker,
    create: store.create,
    change,
    changeHeld,
    get: async (id) => withProgress(await store.get(id)),
    list: async () => (await store.list()).map(withProgress),
    left: (id) => void fresh.delete(id),

    async progressed(id, progress) {
      const before = fresh.get(id)
      const now = performance.now()
      const due = before === undefined || isNotable(progress, before.progress) || now - before.savedAt >= SAVE_MS
      fresh.set(id, { progress, savedAt: due ? now : before.savedAt })
      if (!due) {
        changes.emit(eventOf(id))
        return false
      }
      try {
        await changeHeld(id, (record) => ({ ...record }))
        return true
      } catch (error) {
        // The work goes on, and fails itself where what matters of it cannot be stored.
        logger.error({ err: error, job: id }, 'the progress of a job could not be stored')
        return false
      }
    },

    async *watch(id, signal) {
      const ending = new AbortController()
      const either = AbortSignal.any([signal, ending.signal])
      // What another process changes tells nobody here.
      const looking = setInterval(() => changes.emit(eventOf(id)), POLL_MS)
      try {
        for (let shown: R | undefined; ; ) {
          // Listening begins before reading: no change falls between.
          const changed = once(changes, eventOf(id), { signal: either })
          changed.catch(() => {})
          const record = withProgress(await store.get(id))
          const seen = { ...record, lease: undefined }
          // Workers renew their leases all the time.
          if (!isDeepStrictEqual(seen, shown)) yield record
          if (hasEnded(record)) return
          shown = seen
          await changed
        }
      } finally {
        clearInterval(looking)
        ending.abort()
      }
    },
  }
}

/** What has ended has no worker. */
function settled<R extends Job<unknown>>(record: R): R {
  if (!hasEnded(record) || (!record.lease && !record.cancelRequested)) return record
  return { ...record, lease: undefined, cancelRequested: undefined }
}
