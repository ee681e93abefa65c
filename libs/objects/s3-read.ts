import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { S3Connection } from './s3-connection.js'
import { isPassing } from './s3-error.js'

/** An answer that is being read. */
interface Flow {
  readonly response: IncomingMessage
  readonly chunks: AsyncIterator<Buffer>
  readonly first: IteratorResult<Buffer>
}

/**
 * A stream of an object's bytes. Where the connection breaks it goes on behind the last byte, in the same version of the object: so a
 * reader may be slow, though a server hangs up on those.
 * @throws DomainError OBJECT_NOT_FOUND; the stream fails with STORAGE_UNAVAILABLE, or with PRECONDITION_FAILED where the object was
 *   replaced before the rest was read
 */
export async function openObject(connection: S3Connection, key: string): Promise<Readable> {
  const begin = (headers: Readonly<Record<string, string>>): Promise<Flow> =>
    connection.exchange({ method: 'GET', key, headers }, async (response) => {
      const chunks: AsyncIterator<Buffer> = response[Symbol.asyncIterator]()
      return { response, chunks, first: await chunks.next() }
    })

  let flow = await begin({})
  const { etag = '*', 'content-length': size } = flow.response.headers

  async function* bytes(): AsyncGenerator<Buffer> {
    let read = 0
    let next = flow.first
    while (!next.done) {
      read += next.value.length
      yield next.value
      try {
        next = await flow.chunks.next()
      } catch (error) {
        if (read === Number(size)) return
        if (!isPassing(error)) throw error
        flow = await begin({ 'if-match': etag, range: `bytes=${read}-` })
        next = flow.first
      }
    }
  }

  const stream = Readable.from(bytes(), { objectMode: false })
  // A reader that left, even before the first byte, needs the rest no more.
  return stream.once('close', () => flow.response.destroy())
}
