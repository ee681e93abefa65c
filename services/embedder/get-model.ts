import type { GetModelRequest, GetModelResponse } from '../../gen/crossres/v1/embedder.js'
import { toCalibrationMessage } from '../../libs/calibration/calibration-message.js'
import { toModelMessage } from '../../libs/models/model-message.js'
import { resolveDefault } from '../../libs/models/model-name.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'

/** Describes a model, in this process or over gRPC. @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_CARD_INVALID */
export type GetModel = (request: Pick<GetModelRequest, 'name'>) => Promise<GetModelResponse>

/** @returns a function that describes the models of a registry */
export function createGetModel(deps: {
  readonly registry: Pick<ModelRegistry, 'get'>
  /** Model for requests that name none. */
  readonly defaultModel: string
}): GetModel {
  const { registry, defaultModel } = deps
  return async ({ name }) => {
    const model = await registry.get(resolveDefault(name, defaultModel))
    return {
      model: toModelMessage(model, defaultModel),
      scoreCalibration: model.card.calibration && toCalibrationMessage(model.card.calibration),
    }
  }
}
