import type { Readable } from 'node:stream'

/** A piece of an object's body. */
export interface Part {
  readonly bytes: Buffer
  readonly last: boolean
}

/**
 * Cuts a body into parts of `size` bytes each, the last one shorter or as long; an empty body is one empty part. No more than two parts of
 * a stream are held at once.
 */
export async function* partsOf(body: Uint8Array | Readable, size: number): AsyncGenerator<Part> {
  let held: Buffer[] = []
  let length = 0
  for await (const piece of piecesOf(body, size)) {
    if (length + piece.length > size) {
      const bytes = Buffer.concat([...held, piece])
      yield { bytes: bytes.subarray(0, size), last: false }
      held = [bytes.subarray(size)]
      length += piece.length - size
    } else {
      held.push(piece)
      length += piece.length
    }
  }
  yield { bytes: held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held), last: true }
}

/** The chunks of a body, none longer than `size`. */
async function* piecesOf(body: Uint8Array | Readable, size: number): AsyncGenerator<Buffer> {
  const chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array | string> = body instanceof Uint8Array ? [body] : body
  for await (const chunk of chunks) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
  }
}
