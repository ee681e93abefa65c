import { createHash } from 'node:crypto'
import type { Preparation } from './model-card.js'

/**
 * The version of a model: first 12 hex digits of the SHA-256 over the ONNX file and the preparation of its pixels.
 * Two versions are the same exactly when their embeddings compare.
 */
export function modelVersion(onnx: Uint8Array, { input, crop }: Preparation): string {
  return createHash('sha256').update(onnx).update(canonical({ input, crop })).digest('hex').slice(0, 12)
}

/** JSON whose keys are sorted, so that equal values give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
