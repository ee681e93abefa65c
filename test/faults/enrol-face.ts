import { normalise } from '../../libs/models/embedding.js'

export const GALLERY = 'kill'
export const MODEL = 'models/base/versions/0123456789ab'

const DIMENSION = 128

/** Ten faces a subject. */
export const subjectOf = (face: number): string => `subject-${Math.floor(face / 10)}`

/** The embedding of a face, the same in every process. */
export function embeddingOf(face: number): Float32Array {
  let state = face + 1
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return normalise(Float32Array.from({ length: DIMENSION }, next))
}
