import type { WeightLookup } from '../../../../libs/models/face-api/read-weights.js'
import { noise } from '../../../../libs/onnx/testing/noise.js'

/** Reproducible weights of any name and shape: of the size that trained ones have, so that every layer takes part in the result. */
export const generatedWeights: WeightLookup = (name, shape) => {
  const { data } = noise(shape, [...name].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7) >>> 0)
  const fanIn = shape.length === 4 ? shape.slice(0, 3).reduce((product, dim) => product * dim, 1) : 4
  return { shape, data: data.map((value) => value * Math.sqrt(3 / fanIn)) }
}
