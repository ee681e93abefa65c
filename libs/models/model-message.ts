import { CalibrationState } from '../../gen/crossres/v1/common.js'
import type { Model } from '../../gen/crossres/v1/embedder.js'
import { versionName } from './model-name.js'
import type { RegisteredModel } from './model-registry.js'

/**
 * @param defaultModel model for requests that name none
 * @returns a registered version as callers see it
 */
export function toModelMessage(model: RegisteredModel, defaultModel: string): Model {
  const { name, version, card, production, sizeBytes } = model
  return {
    name: versionName(name, version),
    modelId: name,
    version,
    production,
    isDefault: production && name === defaultModel,
    dimension: card.dimension,
    input: {
      width: card.input.width,
      height: card.input.height,
      colourOrder: card.input.colourOrder,
      mean: [...card.input.mean],
      scale: [...card.input.scale],
      layout: card.input.layout,
    },
    crop: {
      kind:
        card.crop.kind === 'alignment'
          ? { $case: 'alignment', value: { template: card.crop.template.map(([x, y]) => ({ x, y })) } }
          : { $case: 'margin', value: { margin: card.crop.margin, resize: card.crop.resize } },
    },
    licence: card.licence,
    origin: card.origin,
    parentVersion: card.parentVersion ?? '',
    calibration: card.calibration ? CalibrationState.CALIBRATED : CalibrationState.UNCALIBRATED,
    sizeBytes: BigInt(sizeBytes),
    routing: (card.routing ?? []).map(({ from, below, model: id, version: of }) => ({
      from,
      below: below ?? 0,
      version: versionName(id, of),
    })),
  }
}
