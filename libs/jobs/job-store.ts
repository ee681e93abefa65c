import type { Logger } from 'pino'
import { DomainError } from '../config/domain-error.js'
import type { ObjectStore } from '../objects/object-store.js'
import { type Job, newestFirstKey } from './job.js'

/** How the jobs of a service are kept, and what it calls them. */
export interface JobKind<R extends Job<unknown>> {
  /** Collection and file: `{folder}/{id}/{file}`. */
  readonly folder: string
  readonly file: string
  encode(record: R): Uint8Array
  /** @throws Error when the bytes are no record */
  decode(body: Uint8Array): R
  notFound(id: string): DomainError
  alreadyExists(id: string): DomainError
  /** @param key of the object that is no record */
  invalid(id: string, key: string, cause: unknown): DomainError
}

/** The jobs of a service in the object store: what a restart begins with. */
export interface JobStore<R> {
  /** @throws DomainError of the kind: already exists; STORAGE_FULL */
  create(record: R): Promise<void>
  /** @throws DomainError of the kind: not found, invalid */
  get(id: string): Promise<R>
  /** All jobs, newest first; one that cannot be read is left out and logged. */
  list(): Promise<R[]>
  /**
   * Changes a job as it is then; where somebody else was faster, the change is made anew.
   * @param change may return the same record, and nothing is written; may throw to refuse
   * @throws DomainError of the kind: not found, invalid; STORAGE_FULL; what `change` throws
   */
  update(id: string, change: (record: R) => R): Promise<R>
}

/** @returns the jobs of a kind in `objects` */
export function createJobStore<R extends Job<unknown>>(
  { objects, logger }: { readonly objects: ObjectStore; readonly logger: Logger },
  kind: JobKind<R>,
): JobStore<R> {
  const keyOf = (id: string) => `${kind.folder}/${id}/${kind.file}`

  const read = async (id: string) => {
    const found = await objects.get(keyOf(id)).catch((error: unknown) => {
      throw isReason(error, 'OBJECT_NOT_FOUND') ? kind.notFound(id) : error
    })
    try {
      return { record: kind.decode(found.body), etag: found.etag }
    } catch (cause) {
      throw kind.invalid(id, keyOf(id), cause)
    }
  }

  return {
    async create(record) {
      const { id } = record.spec
      await objects.put(keyOf(id), kind.encode(record), { ifNoneMatch: '*' }).catch((error: unknown) => {
        throw isReason(error, 'PRECONDITION_FAILED') ? kind.alreadyExists(id) : error
      })
    },

    get: async (id) => (await read(id)).record,

    async list() {
      const records: R[] = []
      for await (const { key } of objects.list(`${kind.folder}/`)) {
        const [, id, ...file] = key.split('/')
        if (id === undefined || file.join('/') !== kind.file) continue
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
          await objects.put(keyOf(id), kind.encode(changed), { ifMatch: etag })
          return changed
        } catch (error) {
          if (!isReason(error, 'PRECONDITION_FAILED')) throw error
        }
      }
    },
  }
}

const isReason = (error: unknown, reason: string) => error instanceof DomainError && error.reason === reason
