import type { ObjectInfo } from './object-store.js'
import type { S3Connection } from './s3-connection.js'
import { unquoted } from './s3-write.js'
import { elementsOf, textOf } from './s3-xml.js'

/** Lists the objects of a bucket whose names begin with `prefix`, page by page (ListObjectsV2), in the server's order. */
export async function* listBucket(
  connection: S3Connection,
  prefix: string,
  pageSize: number,
): AsyncGenerator<ObjectInfo> {
  // Without "url" a key with characters that XML has not would break the answer.
  const asked = { 'list-type': '2', 'encoding-type': 'url', 'max-keys': `${pageSize}`, prefix }
  let from: string | undefined
  do {
    const query = from === undefined ? asked : { ...asked, 'continuation-token': from }
    const xml = (await connection.send({ method: 'GET', query })).body.toString()
    for (const one of elementsOf(xml, 'Contents')) {
      const key = decodeURIComponent((textOf(one, 'Key') ?? '').replaceAll('+', ' '))
      yield { key, size: Number(textOf(one, 'Size')), etag: unquoted(textOf(one, 'ETag') ?? '') }
    }
    from = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined
  } while (from !== undefined)
}
