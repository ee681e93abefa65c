import { endianness } from 'node:os'
import { DomainError } from '../../../libs/config/domain-error.js'

/** Tensors by name and texts beside them. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, Float32Array>>
  readonly metadata: Readonly<Record<string, string>>
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

const LENGTH_BYTES = 8
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000

/**
 * Writes tensors in the safetensors format, which Python reads: eight bytes of length, a header in JSON, the values.
 * Every tensor is written as a vector of float32. The same tensors give the same bytes.
 * Source: github.com/huggingface/safetensors, "Format".
 */
export function writeTensors({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const [name, values] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape: [values.length], data_offsets: [end, end + values.byteLength] }
    end += values.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  // Padded with spaces so that the values begin at a multiple of 8.
  const length = Math.ceil(text.length / 8) * 8
  const file = Buffer.alloc(LENGTH_BYTES + length + end, ' ')
  file.writeBigUInt64LE(BigInt(length), 0)
  text.copy(file, LENGTH_BYTES)
  let at = LENGTH_BYTES + length
  for (const values of Object.values(tensors)) {
    file.set(littleEndian(values), at)
    at += values.byteLength
  }
  return file
}

/**
 * Reads what {@link writeTensors} wrote.
 * @throws DomainError CHECKPOINT_CORRUPT
 */
export function readTensors(file: Uint8Array): TensorFile {
  try {
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
    const length = Number(bytes.readBigUInt64LE(0))
    if (length > LONGEST_HEADER) throw new RangeError(`a header of ${length} bytes`)
    const start = LENGTH_BYTES + length
    const { __metadata__: metadata = {}, ...entries } = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, start)) as {
      __metadata__?: Record<string, string>
    } & Record<string, Entry>
    const tensors: Record<string, Float32Array> = {}
    let end = 0
    for (const [name, { dtype, data_offsets }] of Object.entries(entries as Record<string, Entry>)) {
      if (dtype !== 'F32' || data_offsets[0] !== end) throw new RangeError(`the tensor ${name}`)
      end = data_offsets[1]
      // Copied: a view would need the values to begin at a multiple of 4.
      const values = Uint8Array.from(bytes.subarray(start + data_offsets[0], start + end))
      tensors[name] = new Float32Array(littleEndian(values).buffer)
    }
    if (start + end !== bytes.length) throw new RangeError(`${bytes.length} bytes instead of ${start + end}`)
    return { tensors, metadata }
  } catch (cause) {
    throw new DomainError(
      'CHECKPOINT_CORRUPT',
      'The checkpoint cannot be read: delete it to resume from the one before.',
      {},
      cause,
    )
  }
}

/** The values' bytes in the format's order; their own where the machine has that order. */
function littleEndian(values: Float32Array | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
}
