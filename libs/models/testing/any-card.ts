import type { ModelCard } from '../model-card.js'
import { PRESETS } from '../presets.js'

/** A valid card of a 128-d MobileFaceNet. */
export function anyCard(changes: Partial<ModelCard> = {}): ModelCard {
  const { input, crop } = PRESETS.mobilefacenet
  return {
    schema: 1,
    input,
    crop,
    inputName: 'input0',
    outputName: 'output0',
    dimension: 128,
    normalises: false,
    batch: 'dynamic',
    licence: 'Apache-2.0',
    origin: 'a test',
    ...changes,
  }
}
