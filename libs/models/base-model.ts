import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { importFaceApi } from './face-api/import-face-api.js'
import { RECOGNITION_DIMENSION } from './face-api/recognition-graph.js'
import { isRegistered } from './is-registered.js'
import type { ModelCard } from './model-card.js'
import type { ModelRegistry } from './model-registry.js'
import { modelVersion } from './model-version.js'
import { PRESETS } from './presets.js'

/** Name of the untouched network that crossres starts from. */
export const BASE_MODEL = 'base'

/** @returns the folder of the npm package that ships the base model's weights */
export function faceApiFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))
}

/**
 * Registers the base model where it is not registered yet, importing it from the npm package at the first time.
 * @param options.cacheFolder where the imported files are kept
 * @returns its version
 */
export async function ensureBaseModel(options: {
  readonly registry: ModelRegistry
  readonly packageFolder: string
  readonly cacheFolder: string
}): Promise<string> {
  const { recognition } = await importFaceApi(options)
  const onnx = await readFile(recognition)
  const card = baseCard()
  const version = modelVersion(onnx, card)
  // A card that is there may have been calibrated since: it stays.
  if (await isRegistered(options.registry, BASE_MODEL, version)) return version
  return options.registry.put(BASE_MODEL, onnx, card)
}

function baseCard(): ModelCard {
  const { input, crop } = PRESETS['face-api']
  return {
    schema: 1,
    input,
    crop,
    inputName: 'image',
    outputName: 'embedding',
    dimension: RECOGNITION_DIMENSION,
    normalises: false,
    batch: 'dynamic',
    licence: 'CC0-1.0 AND MIT',
    origin:
      'dlib_face_recognition_resnet_model_v1 (Davis E. King, CC0-1.0), quantised to 8 bit by face-api.js, from the npm package @vladmandic/face-api 1.7.15 (MIT)',
  }
}
