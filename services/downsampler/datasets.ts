import { JobState } from '../../gen/crossres/v1/common.js'
import type {
  Dataset,
  ListDatasetsRequest,
  ListDatasetsResponse,
  PrepareDatasetRequest,
  PrepareDatasetResponse,
} from '../../gen/crossres/v1/downsampler.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { openDataset } from '../../libs/dataset/dataset.js'
import { type DatasetRecord, datasetPrefix, listDatasetRecords } from '../../libs/dataset/dataset-record.js'
import { type LocateDeps, locateDataset, locateLandmarks } from '../../libs/dataset/locate-dataset.js'
import { prepareDataset } from '../../libs/dataset/prepare-dataset.js'
import type { ShardDeps } from '../../libs/dataset/shards.js'
import { resolveDefault } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import { page } from '../../libs/rpc/page.js'
import { toItemError } from '../../libs/rpc/rpc-error.js'
import { shardSettings } from './dataset-settings.js'

/** What the datasets are prepared with. */
export interface DatasetsDeps extends LocateDeps {
  readonly registry: ModelRegistry
  readonly makeSample: ShardDeps['makeSample']
  /** Used where a request names no model. */
  readonly defaultModel: string
}

/** Prepares datasets and knows those that are there. */
export interface Datasets {
  /**
   * @throws DomainError FIELD_MISSING, FIELD_INVALID, NAME_INVALID, DATASET_BUSY while another call writes the same dataset, those of
   * locateDataset, openDataset, prepareDataset, and of the model registry
   */
  prepare(request: PrepareDatasetRequest, signal: AbortSignal): AsyncGenerator<PrepareDatasetResponse, void>
  /** @throws DomainError PAGE_TOKEN_INVALID */
  list(request: ListDatasetsRequest): Promise<ListDatasetsResponse>
}

export function createDatasets(deps: DatasetsDeps): Datasets {
  const atWork = new Set<string>()

  async function* write(request: PrepareDatasetRequest, signal: AbortSignal) {
    const { registry, objects, makeSample } = deps
    const { card } = await registry.get(resolveDefault(request.model, deps.defaultModel))
    const settings = shardSettings(request, card)
    const folder = await locateDataset(deps, request.sourceUri)
    const landmarks = request.landmarksUri && (await locateLandmarks(deps, request.landmarksUri))
    const dataset = await openDataset({ folder, ...(landmarks ? { landmarksFile: landmarks } : {}) })
    signal.throwIfAborted()
    const records = prepareDataset({ store: objects, makeSample }, request.datasetId, dataset, settings, signal)
    for await (const record of records) yield { dataset: toMessage(request.datasetId, record) }
  }

  return {
    async *prepare(request, signal) {
      const { datasetId, sourceUri } = request
      datasetPrefix(datasetId)
      if (sourceUri === '') {
        throw new DomainError(
          'FIELD_MISSING',
          'The request has no `source_uri`: give a folder, or an `object:` prefix, with pictures or tar shards.',
        )
      }
      if (atWork.has(datasetId)) {
        throw new DomainError(
          'DATASET_BUSY',
          `Another call is writing datasets/${datasetId}: wait until it has ended, or cancel it.`,
          { dataset: datasetId },
        )
      }
      atWork.add(datasetId)
      try {
        yield* write(request, signal)
      } finally {
        atWork.delete(datasetId)
      }
    },

    async list(request) {
      const { items, nextPageToken } = page(await listDatasetRecords(deps.objects), ({ id }) => id, request)
      return { datasets: items.map(({ id, record }) => toMessage(id, record)), nextPageToken }
    },
  }
}

const STATES: Readonly<Record<DatasetRecord['state'], JobState>> = {
  running: JobState.RUNNING,
  succeeded: JobState.SUCCEEDED,
  failed: JobState.FAILED,
  cancelled: JobState.CANCELLED,
}

function toMessage(id: string, record: DatasetRecord): Dataset {
  return {
    name: datasetPrefix(id),
    state: STATES[record.state],
    imagesSeen: BigInt(record.seen),
    imagesTotal: BigInt(record.total),
    imagesSkipped: BigInt(record.left),
    subjects: BigInt(record.subjects),
    shards: BigInt(record.shards),
    fingerprint: record.fingerprint,
    skipped: record.skipped.map(({ path, ...error }) => ({ path, error: toError(error) })),
    createTime: new Date(record.createTime),
    endTime: record.endTime === undefined ? undefined : new Date(record.endTime),
    error: record.error && toError(record.error),
  }
}

const toError = ({ reason, message }: { readonly reason: string; readonly message: string }) =>
  toItemError(new DomainError(reason, message))
