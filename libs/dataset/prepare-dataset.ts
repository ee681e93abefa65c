import { DomainError } from '../config/domain-error.js'
import { type DatasetRecord, datasetPrefix, readDatasetRecord, writeDatasetRecord } from './dataset-record.js'
import type { FaceDataset } from './face-item.js'
import { shardsFingerprint } from './shard-report.js'
import { type ShardDeps, type ShardProgress, type ShardSettings, writeShards } from './shards.js'

/** Of the pictures left out so many are named. */
const NAMED = 100

/**
 * Writes a dataset as shards under `datasets/{id}/` (see writeShards) and keeps a record of how it ended. A call that was interrupted
 * is gone on with by the same call.
 * @returns the record as it grows; the last one has succeeded
 * @throws DomainError NAME_INVALID, DATASET_EMPTY where no picture of the source has a face that can be used, those of writeShards,
 * STORAGE_FULL; the signal's reason
 */
export async function* prepareDataset(
  deps: ShardDeps,
  id: string,
  dataset: FaceDataset,
  settings: ShardSettings,
  signal?: AbortSignal,
): AsyncGenerator<DatasetRecord, void> {
  const { store } = deps
  const prefix = datasetPrefix(id)
  const before = await readDatasetRecord(store, prefix)
  let record: DatasetRecord = {
    schema: 1,
    state: 'running',
    total: dataset.items.length + dataset.withoutFace,
    seen: 0,
    left: dataset.withoutFace,
    skipped: [],
    subjects: new Set(dataset.items.flatMap(({ subject }) => subject ?? [])).size,
    shards: 0,
    fingerprint: '',
    createTime: before?.createTime ?? new Date().toISOString(),
  }
  const end = async (ending: Partial<DatasetRecord>) => {
    record = { ...record, ...ending, endTime: new Date().toISOString() }
    await writeDatasetRecord(store, prefix, record)
  }
  // Until the shards were found to be of this dataset, the record may be of another; and one that is whole stays whole.
  const wasWhole = before?.state === 'succeeded'
  let owned = false
  try {
    for await (const progress of writeShards(deps, dataset, prefix, settings, signal)) {
      record = { ...record, ...counted(progress, dataset.withoutFace) }
      if (!owned && !wasWhole) {
        owned = true
        await writeDatasetRecord(store, prefix, record)
      }
      yield record
    }
    const { fingerprint, faces } = await shardsFingerprint(store, prefix, record.shards)
    if (faces === 0) throw noFaces(record)
    if (wasWhole && before.fingerprint === fingerprint) record = before
    else await end({ state: 'succeeded', fingerprint })
    yield record
  } catch (error) {
    if (owned && !signal?.aborted) await end({ state: 'failed', error: told(error) })
    throw error
  } finally {
    if (owned && record.state === 'running') await end({ state: 'cancelled' })
  }
}

/** What the landmarks file does not know was left out before anything was read. */
function counted({ done, shards, skipped }: ShardProgress, withoutFace: number): Partial<DatasetRecord> {
  return {
    seen: done + withoutFace,
    left: skipped.length + withoutFace,
    skipped: skipped.slice(0, NAMED),
    shards,
  }
}

function told(error: unknown): { reason: string; message: string } {
  if (error instanceof DomainError) return { reason: error.reason, message: error.message }
  return { reason: 'INTERNAL', message: 'The server failed; its log says why.' }
}

function noFaces({ total, skipped }: DatasetRecord): DomainError {
  const first = skipped[0]
  const example = first === undefined ? '' : ` The first: ${first.path}: ${first.message}`
  return new DomainError('DATASET_EMPTY', `None of the ${total} pictures has a face that can be used.${example}`)
}
