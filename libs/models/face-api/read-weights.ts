import { z } from 'zod'
import { DomainError } from '../../config/domain-error.js'

/** A named float32 weight in the layout of TensorFlow (convolution kernels: height, width, in, out). */
export interface Weight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Looks a weight up by its name and the shape it must have. */
export type WeightLookup = (name: string, shape: readonly number[]) => Weight

// The weights manifest of TensorFlow.js: groups of files and the tensors that lie in them, end to end, in this order.
const Manifest = z.array(
  z.object({
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.number().int().positive()),
        dtype: z.literal('float32'),
        quantization: z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }).optional(),
      }),
    ),
  }),
)

/**
 * Reads one network's weights from a TensorFlow.js manifest and its binary file.
 * A quantised weight q (uint8) stands for q * scale + min.
 * @param manifest text of `*-weights_manifest.json`
 * @param binary content of the `.bin` file
 * @throws DomainError MODEL_WEIGHTS_INVALID when the manifest is malformed or the sizes do not fit
 */
export function readWeights(manifest: string, binary: Uint8Array): ReadonlyMap<string, Weight> {
  const weights = new Map<string, Weight>()
  let offset = 0
  for (const entry of parse(manifest).flatMap((group) => group.weights)) {
    const count = entry.shape.reduce((product, dim) => product * dim, 1)
    const size = entry.quantization ? count : count * 4
    if (offset + size > binary.length) {
      throw invalid(`the weight "${entry.name}" ends at byte ${offset + size} of ${binary.length}`)
    }
    // A copy: float32 needs an aligned buffer of its own (and the slice of a Node Buffer would share the file's).
    const bytes = new Uint8Array(binary.subarray(offset, offset + size))
    offset += size
    const data = entry.quantization ? dequantise(bytes, entry.quantization) : new Float32Array(bytes.buffer)
    weights.set(entry.name, { shape: entry.shape, data })
  }
  if (offset !== binary.length) throw invalid(`${binary.length - offset} bytes are left over behind the last weight`)
  return weights
}

/**
 * A lookup that insists on name and shape, so that a wrong file fails by name and not by odd numbers.
 * @throws DomainError MODEL_WEIGHTS_INVALID (from the lookup) when the weight is missing or has another shape
 */
export function weightLookup(weights: ReadonlyMap<string, Weight>): WeightLookup {
  return (name, shape) => {
    const weight = weights.get(name)
    if (weight?.shape.join() === shape.join()) return weight
    throw invalid(`the weight "${name}" has shape [${weight?.shape ?? 'missing'}] instead of [${shape}]`)
  }
}

function dequantise(bytes: Uint8Array, { scale, min }: { scale: number; min: number }): Float32Array {
  return Float32Array.from(bytes, (quantised) => quantised * scale + min)
}

function parse(manifest: string): z.infer<typeof Manifest> {
  try {
    return Manifest.parse(JSON.parse(manifest))
  } catch (cause) {
    throw invalid('the manifest is no TensorFlow.js weights manifest of float32 weights', cause)
  }
}

function invalid(what: string, cause?: unknown): DomainError {
  const message = `The weight files do not fit together: ${what}. Install the package @vladmandic/face-api again.`
  return new DomainError('MODEL_WEIGHTS_INVALID', message, {}, cause)
}
