import {
  EmbedderDefinition,
  type EmbedderServiceImplementation,
  type EmbedStreamRequest,
  type EmbedStreamResponse,
} from '../../gen/crossres/v1/embedder.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { resolveDefault } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import { orderedMap } from '../../libs/rpc/ordered-map.js'
import { page } from '../../libs/rpc/page.js'
import { toItemError } from '../../libs/rpc/rpc-error.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import type { EmbedImage } from './embed-image.js'
import { toModelMessage } from './model-message.js'

/** What the service works with. */
export interface EmbedderDeps {
  readonly embedImage: EmbedImage
  readonly registry: ModelRegistry
  /** Model for requests that name none. */
  readonly defaultModel: string
}

/** Pictures of one stream at work at once: enough to fill batches, not enough for one caller to fill the queue. */
const STREAM_CONCURRENCY = 32

/** @returns the Embedder service; embed-image.ts holds the path of a picture */
export function createEmbedderService({ embedImage, registry, defaultModel }: EmbedderDeps): RpcService {
  const one = async ({ requestId, request }: EmbedStreamRequest, signal: AbortSignal): Promise<EmbedStreamResponse> => {
    try {
      if (!request) throw new DomainError('FIELD_MISSING', 'The stream item has no `request`.')
      return { requestId, result: { $case: 'response', value: await embedImage(request, signal) } }
    } catch (error) {
      signal.throwIfAborted()
      return { requestId, result: { $case: 'error', value: toItemError(error) } }
    }
  }

  const implementation: EmbedderServiceImplementation = {
    embed: (request, { signal }) => embedImage(request, signal),

    embedStream: (requests, { signal }) => orderedMap(requests, STREAM_CONCURRENCY, (item) => one(item, signal)),

    async getModel({ name }) {
      return { model: toModelMessage(await registry.get(resolveDefault(name, defaultModel)), defaultModel) }
    },

    async listModels({ pageSize, pageToken }) {
      const models = await registry.list()
      const { items, nextPageToken } = page(models, (model) => model.name, { pageSize, pageToken })
      return { models: items.map((model) => toModelMessage(model, defaultModel)), nextPageToken }
    },
  }
  return rpcService(EmbedderDefinition, implementation)
}
