import { EmbedderDefinition, type EmbedderServiceImplementation } from '../../gen/crossres/v1/embedder.js'
import { toModelMessage } from '../../libs/models/model-message.js'
import { parseModelName } from '../../libs/models/model-name.js'
import type { ModelRegistry, RegisteredModel } from '../../libs/models/model-registry.js'
import { answerItems } from '../../libs/rpc/answer-items.js'
import { page } from '../../libs/rpc/page.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import type { EmbedImage } from './embed-image.js'
import type { GetModel } from './get-model.js'

/** What the service works with. */
export interface EmbedderDeps {
  readonly embedImage: EmbedImage
  readonly getModel: GetModel
  readonly registry: ModelRegistry
  /** Model for requests that name none. */
  readonly defaultModel: string
}

/** Pictures of one stream at work at once: enough to fill batches, not enough for one caller to fill the queue. */
const STREAM_CONCURRENCY = 32

/** @returns the Embedder service; embed-image.ts holds the path of a picture */
export function createEmbedderService({ embedImage, getModel, registry, defaultModel }: EmbedderDeps): RpcService {
  const implementation: EmbedderServiceImplementation = {
    embed: (request, { signal }) => embedImage(request, signal),

    embedStream: (requests, { signal }) => answerItems(requests, STREAM_CONCURRENCY, embedImage, signal),

    getModel,

    async listModels({ parent, pageSize, pageToken }) {
      const models = parent === '' ? await registry.list() : await registry.versions(parseModelName(parent).model)
      const key = ({ name, version }: RegisteredModel) => (parent === '' ? name : version)
      const { items, nextPageToken } = page(models, key, { pageSize, pageToken })
      return { models: items.map((model) => toModelMessage(model, defaultModel)), nextPageToken }
    },
  }
  return rpcService(EmbedderDefinition, implementation)
}
