import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { tarAtFar } from '../../../libs/metrics/tar-at-far.js'

const FAR = 1e-2

/** Features of the same faces twice, row by row. */
export interface Comparison {
  /** [n, d]. */
  readonly gallery: Float32Array
  /** [n, d]. */
  readonly probes: Float32Array
  readonly dimension: number
  /** The n faces. */
  readonly faces: readonly Pick<FaceItem, 'subject'>[]
}

/**
 * Compares every probe with every face of the gallery by cosine. Mated are two faces of one subject; a face without a name is mated
 * with itself alone, and faces of a subject never are.
 *
 * @returns TAR at FAR 1e-2, in [0, 1]; 0 where nothing is mated
 */
export function verificationTar({ gallery, probes, dimension, faces }: Comparison): number {
  const mated: number[] = []
  const others: number[] = []
  const left = directions(probes, dimension)
  const right = directions(gallery, dimension)
  for (const [i, { subject }] of faces.entries()) {
    for (const [j, { subject: other }] of faces.entries()) {
      if (i === j && subject !== null) continue
      const same = i === j || (subject !== null && subject === other)
      ;(same ? mated : others).push(dot(left, i * dimension, right, j * dimension, dimension))
    }
  }
  if (mated.length === 0 || others.length === 0) return 0
  return tarAtFar(Float32Array.from(mated), Float32Array.from(others), FAR)
}

function directions(features: Float32Array, dimension: number): Float32Array {
  const unit = new Float32Array(features.length)
  for (let from = 0; from < features.length; from += dimension) {
    const length = Math.sqrt(dot(features, from, features, from, dimension)) || 1
    for (let i = from; i < from + dimension; i++) unit[i] = (features[i] as number) / length
  }
  return unit
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += (a[fromA + i] as number) * (b[fromB + i] as number)
  return sum
}
