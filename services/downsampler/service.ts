import {
  type DownsampleRequest,
  type DownsampleResponse,
  DownsamplerDefinition,
  type DownsamplerServiceImplementation,
  VariantSize,
} from '../../gen/crossres/v1/downsampler.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { ThreadPool } from '../../libs/config/thread-pool.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { Admission } from '../../libs/rpc/admission.js'
import { answerItems } from '../../libs/rpc/answer-items.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import type { Datasets } from './datasets.js'
import type { DownsampleTask, VariantPicture } from './downsample-task.js'

/** What the service works with. */
export interface DownsamplerDeps {
  readonly images: ImageSource
  readonly admission: Admission
  readonly threads: ThreadPool<DownsampleTask, VariantPicture[]>
  readonly datasets: Datasets
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** Pictures of one stream at work at once. */
const STREAM_CONCURRENCY = 8
/** Variants of one picture at most. */
const MAX_VARIANTS = 32

/** @returns the Downsampler service: read, decode, degrade, encode without loss; and datasets written once for training */
export function createDownsamplerService(deps: DownsamplerDeps): RpcService {
  const variants = async (request: DownsampleRequest, signal: AbortSignal): Promise<DownsampleResponse> => {
    const { resolutions, size, image: source } = request
    if (resolutions.length === 0 || resolutions.length > MAX_VARIANTS || resolutions.includes(0)) {
      throw new DomainError(
        'FIELD_INVALID',
        `State 1 to ${MAX_VARIANTS} \`resolutions\`, each the shortest side in pixels, at least 1.`,
      )
    }
    const leave = deps.admission.enter(source?.source?.$case === 'content' ? source.source.value.length : 0)
    try {
      const file = await deps.images.read(source, signal)
      const task = { file, resolutions, small: size === VariantSize.SMALL, maxPixels: deps.maxPixels }
      const variants = await deps.threads.run(task, { signal })
      return { variants: variants.map((variant) => ({ ...variant, png: Buffer.from(variant.png) })) }
    } finally {
      leave()
    }
  }

  const implementation: DownsamplerServiceImplementation = {
    downsample: (request, { signal }) => variants(request, signal),

    downsampleStream: (requests, { signal }) => answerItems(requests, STREAM_CONCURRENCY, variants, signal),

    async *prepareDataset(request, { signal }) {
      const leave = deps.admission.enter(0)
      try {
        yield* deps.datasets.prepare(request, signal)
      } finally {
        leave()
      }
    },

    listDatasets: (request) => deps.datasets.list(request),
  }
  return rpcService(DownsamplerDefinition, implementation)
}
