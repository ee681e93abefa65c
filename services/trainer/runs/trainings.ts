import { EventEmitter, once } from 'node:events'
import type { Logger } from 'pino'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { createKeyedLock } from '../../../libs/config/keyed-lock.js'
import { hasEnded, type TrainingRecord } from './training-record.js'
import type { TrainingStore } from './training-store.js'

/** The runs as they are now: the stored ones with progress that is not stored yet, and whoever watches them. */
export interface Trainings {
  /** See TrainingStore. */
  create(record: TrainingRecord): Promise<void>
  get(id: string): Promise<TrainingRecord>
  list(): Promise<TrainingRecord[]>
  /** Changes and stores a run, progress included, and tells its watchers; changes come in the order of the calls. See TrainingStore.update. */
  change(id: string, change: (record: TrainingRecord) => TrainingRecord): Promise<TrainingRecord>
  /** Takes progress, and tells the watchers at once. @returns whether it was also stored, which happens every few seconds */
  progressed(id: string, progress: TrainingProgress): Promise<boolean>
  /**
   * The run as it is, then each time it has changed, until it has ended; a slow reader misses what lies between.
   * @throws DomainError TRAINING_NOT_FOUND; AbortError with the signal
   */
  watch(id: string, signal: AbortSignal): AsyncGenerator<TrainingRecord, void>
}

/** Losing so much progress with the process hurts nobody: the run goes on at a checkpoint anyway. */
const SAVE_MS = 3_000

/** Not the id alone: an emitter treats "error" as one. */
const eventOf = (id: string) => `changed ${id}`

/** @returns the runs of one service; nobody else may change them */
export function createTrainings(deps: { readonly store: TrainingStore; readonly logger: Logger }): Trainings {
  const { store, logger } = deps
  const fresh = new Map<string, { readonly progress: TrainingProgress; savedAt: number }>()
  const inOrder = createKeyedLock()
  const changes = new EventEmitter()
  changes.setMaxListeners(0)

  const withProgress = (record: TrainingRecord): TrainingRecord => {
    const progress = fresh.get(record.spec.id)?.progress
    return progress ? { ...record, progress } : record
  }

  const change: Trainings['change'] = async (id, edit) => {
    const changed = await inOrder.run(id, () => store.update(id, (record) => edit(withProgress(record))))
    if (hasEnded(changed)) fresh.delete(id)
    changes.emit(eventOf(id))
    return changed
  }

  return {
    create: store.create,
    change,
    get: async (id) => withProgress(await store.get(id)),
    list: async () => (await store.list()).map(withProgress),

    async progressed(id, progress) {
      const before = fresh.get(id)
      const now = performance.now()
      const validated = progress.validation?.step !== before?.progress.validation?.step
      const due = before === undefined || validated || now - before.savedAt >= SAVE_MS
      fresh.set(id, { progress, savedAt: due ? now : before.savedAt })
      if (!due) {
        changes.emit(eventOf(id))
        return false
      }
      try {
        await change(id, (record) => ({ ...record }))
        return true
      } catch (error) {
        // The run goes on: what matters of it are its checkpoints, and it fails itself where those cannot be stored.
        logger.error({ err: error, training: id }, 'the progress of a training could not be stored')
        return false
      }
    },

    async *watch(id, signal) {
      const ending = new AbortController()
      const either = AbortSignal.any([signal, ending.signal])
      try {
        for (;;) {
          // Listening begins before reading: no change falls between.
          const changed = once(changes, eventOf(id), { signal: either })
          changed.catch(() => {})
          const record = withProgress(await store.get(id))
          yield record
          if (hasEnded(record)) return
          await changed
        }
      } finally {
        ending.abort()
      }
    },
  }
}
