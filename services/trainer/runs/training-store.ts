import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { decodeRecord, encodeRecord, newestFirstKey, type TrainingRecord } from './training-record.js'

/** The runs in the object store: what a restart begins with. */
export interface TrainingStore {
  /** @throws DomainError TRAINING_ALREADY_EXISTS, STORAGE_FULL */
  create(record: TrainingRecord): Promise<void>
  /** @throws DomainError TRAINING_NOT_FOUND, TRAINING_RECORD_INVALID */
  get(id: string): Promise<TrainingRecord>
  /** All runs, newest first; one that cannot be read is left out and logged. */
  list(): Promise<TrainingRecord[]>
  /**
   * Changes a run as it is then; where somebody else was faster, the change is made anew.
   * @param change may return the same record, and nothing is written; may throw to refuse
   * @throws DomainError TRAINING_NOT_FOUND, TRAINING_RECORD_INVALID, STORAGE_FULL; what `change` throws
   */
  update(id: string, change: (record: TrainingRecord) => TrainingRecord): Promise<TrainingRecord>
}

const keyOf = (id: string) => `trainings/${id}/training.json`

/** @returns the runs in `objects` */
export function createTrainingStore(deps: { readonly objects: ObjectStore; readonly logger: Logger }): TrainingStore {
  const { objects, logger } = deps

  const read = async (id: string) => {
    const found = await objects.get(keyOf(id)).catch((error: unknown) => {
      throw isReason(error, 'OBJECT_NOT_FOUND') ? notFound(id) : error
    })
    try {
      return { record: decodeRecord(found.body), etag: found.etag }
    } catch (cause) {
      throw new DomainError(
        'TRAINING_RECORD_INVALID',
        `The record of the training ${id} cannot be read: delete the object ${keyOf(id)}, or bring back what it was.`,
        { key: keyOf(id) },
        cause,
      )
    }
  }

  return {
    async create(record) {
      const { id } = record.spec
      await objects.put(keyOf(id), encodeRecord(record), { ifNoneMatch: '*' }).catch((error: unknown) => {
        throw isReason(error, 'PRECONDITION_FAILED') ? alreadyExists(id) : error
      })
    },

    get: async (id) => (await read(id)).record,

    async list() {
      const records: TrainingRecord[] = []
      for await (const { key } of objects.list('trainings/')) {
        const [, id] = /^trainings\/([^/]+)\/training\.json$/.exec(key) ?? []
        if (id === undefined) continue
        const found = await read(id).catch((error: unknown) => {
          if (!(error instanceof DomainError)) throw error
          logger.error({ reason: error.reason, ...error.metadata }, error.message)
        })
        if (found) records.push(found.record)
      }
      return records.sort((a, b) => (newestFirstKey(a) < newestFirstKey(b) ? -1 : 1))
    },

    async update(id, change) {
      for (;;) {
        const { record, etag } = await read(id)
        const changed = change(record)
        if (changed === record) return record
        try {
          await objects.put(keyOf(id), encodeRecord(changed), { ifMatch: etag })
          return changed
        } catch (error) {
          if (!isReason(error, 'PRECONDITION_FAILED')) throw error
        }
      }
    },
  }
}

const isReason = (error: unknown, reason: string) => error instanceof DomainError && error.reason === reason

function notFound(id: string): DomainError {
  return new DomainError(
    'TRAINING_NOT_FOUND',
    `There is no training ${id}: \`crossres train list\` shows those that are there.`,
    { training: `trainings/${id}` },
  )
}

function alreadyExists(id: string): DomainError {
  return new DomainError(
    'TRAINING_ALREADY_EXISTS',
    `There is a training ${id} already: choose another id, watch it, or resume it where it failed.`,
    { training: `trainings/${id}` },
  )
}
