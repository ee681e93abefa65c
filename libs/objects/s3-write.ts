import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { contentTypeOf } from './content-type.js'
import type { PutOptions } from './object-store.js'
import type { S3Answer, S3Connection } from './s3-connection.js'
import { partsOf } from './s3-parts.js'
import { textOf } from './s3-xml.js'

/** Marks an object with the call that wrote it: where an answer is lost, this says whether the write happened. */
const WRITTEN_BY = 'x-amz-meta-crossres-write'

/** A multipart upload that was begun. */
interface Upload {
  readonly id: string
  readonly etags: string[]
}

/**
 * Writes an object: in one request where it fits into a part, else as a multipart upload, which is given up where anything fails.
 * Conditions are checked by the server, at the moment the object appears: RFC 9110, 13.1; S3 takes them on PutObject and
 * CompleteMultipartUpload.
 * A call that had to be repeated may be told PRECONDITION_FAILED although its write was there, if others have replaced it since.
 * @param partBytes 5 MiB or more, as S3 demands of every part but the last
 * @returns the etag
 */
export async function writeObject(
  connection: S3Connection,
  key: string,
  body: Uint8Array | Readable,
  { partBytes, ...condition }: PutOptions & { readonly partBytes: number },
): Promise<string> {
  const mark = randomUUID()
  const about = { 'content-type': contentTypeOf(key), [WRITTEN_BY]: mark }
  const conditions = conditionHeaders(condition)

  const settle = async (): Promise<S3Answer | undefined> => {
    // What cannot be found does not speak against the refusal.
    const found = await connection.send({ method: 'HEAD', key }).catch(() => undefined)
    return found?.headers[WRITTEN_BY] === mark ? found : undefined
  }

  const writeWhole = async (bytes: Buffer) =>
    etagOf(await connection.write({ method: 'PUT', key, headers: { ...about, ...conditions }, body: bytes }, settle))

  const begin = async (): Promise<Upload> => {
    const { body: xml } = await connection.send({ method: 'POST', key, query: { uploads: '' }, headers: about })
    return { id: textOf(xml.toString(), 'UploadId') ?? '', etags: [] }
  }

  const addPart = async ({ id, etags }: Upload, bytes: Buffer): Promise<void> => {
    const query = { uploadId: id, partNumber: `${etags.length + 1}` }
    const { headers } = await connection.send({ method: 'PUT', key, query, body: bytes })
    etags.push(headers.etag ?? '')
  }

  const complete = async ({ id, etags }: Upload): Promise<string> => {
    const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
    const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`
    const call = { method: 'POST' as const, key, query: { uploadId: id }, headers: conditions, body: Buffer.from(xml) }
    return etagOf(await connection.write(call, settle))
  }

  let upload: Upload | undefined
  try {
    for await (const { bytes, last } of partsOf(body, partBytes)) {
      if (last && !upload) return await writeWhole(bytes)
      upload ??= await begin()
      await addPart(upload, bytes)
    }
    return await complete(upload as Upload)
  } catch (error) {
    // Its parts take room until they are thrown away; a server that is gone does that itself, sooner or later.
    if (upload) await connection.send({ method: 'DELETE', key, query: { uploadId: upload.id } }).catch(() => {})
    throw error
  }
}

/** CompleteMultipartUpload answers it in the body, all others in a header. */
function etagOf({ headers, body }: S3Answer): string {
  return unquoted(textOf(body.toString(), 'ETag') ?? headers.etag ?? '')
}

/** @returns an etag without its quotation marks */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '')
}

function conditionHeaders({ ifMatch, ifNoneMatch }: PutOptions): Record<string, string> {
  return {
    ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
  }
}
