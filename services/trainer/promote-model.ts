import type { PromoteModelRequest, PromoteModelResponse } from '../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { publishEvent } from '../../libs/events/event-types.js'
import { toModelMessage } from '../../libs/models/model-message.js'
import { parseModelName, versionName } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'

/** What promoting works with. */
export interface PromoteModelDeps {
  readonly registry: ModelRegistry
  readonly events: EventBus
  /** Model for requests that name none. */
  readonly defaultModel: string
}

/**
 * @returns the call PromoteModel: makes a version the production one of its model and tells the embedders by `model.promoted`.
 *   Promoting the version in production tells them again, which has one that could not load it try once more.
 * @throws DomainError (the call) FIELD_INVALID, MODEL_NAME_INVALID, MODEL_NOT_FOUND, MODEL_PRODUCTION_CHANGED
 */
export function createPromoteModel({ registry, events, defaultModel }: PromoteModelDeps) {
  return async (request: PromoteModelRequest): Promise<PromoteModelResponse> => {
    const { model, version } = parseVersion(request.version, 'version')
    const expected = request.expectedVersion && parseVersion(request.expectedVersion, 'expected_version')
    if (expected && expected.model !== model) {
      throw new DomainError(
        'FIELD_INVALID',
        `\`expected_version\` is of ${expected.model} and \`version\` of ${model}: state two versions of one model.`,
      )
    }
    const replaced = await registry.promote(model, version, expected ? expected.version : undefined)
    const name = versionName(model, version)
    const previousVersion = replaced === undefined ? '' : versionName(model, replaced)
    await publishEvent(events, 'model.promoted', name, { version: name, previousVersion })
    return { model: toModelMessage(await registry.get(name), defaultModel), previousVersion }
  }
}

function parseVersion(name: string, field: string): { readonly model: string; readonly version: string } {
  const { model, version } = parseModelName(name)
  if (version !== undefined) return { model, version }
  throw new DomainError(
    'FIELD_INVALID',
    `\`${field}\` needs a version: write models/${model}/versions/VERSION; \`crossres models versions ${model}\` shows them.`,
  )
}
