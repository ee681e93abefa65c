import type { Image } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'
import type { ObjectStore } from './object-store.js'
import { resolveUri } from './resolve-uri.js'

/** Gets the encoded pictures that messages carry or point to. */
export interface ImageSource {
  /** @throws DomainError FIELD_MISSING, URI_INVALID, URI_UNSUPPORTED, OBJECT_NOT_FOUND */
  read(image: Image | undefined, signal?: AbortSignal): Promise<Uint8Array>
}

/** @returns a source that reads uris from `objects` */
export function createImageSource(objects: ObjectStore): ImageSource {
  return {
    async read(image, signal) {
      const source = image?.source
      if (!source) {
        throw new DomainError(
          'FIELD_MISSING',
          'The request has no picture: set `image.content` to an encoded file, or `image.uri`.',
        )
      }
      signal?.throwIfAborted()
      if (source.$case === 'content') return source.value
      return (await objects.get(resolveUri(source.value, objects))).body
    },
  }
}
