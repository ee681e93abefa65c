import type { Readable } from 'node:stream'

/** What is known of an object without reading it. */
export interface ObjectInfo {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Changes whenever the content changes. */
  readonly etag: string
}

/** What must be true of the object for a write to happen. */
export interface PutOptions {
  /** The object is there with this etag. */
  readonly ifMatch?: string
  /** The object is not there. */
  readonly ifNoneMatch?: '*'
}

/**
 * Keeps objects by key, as S3 does. Keys are `/`-separated, without empty, `.` or `..` segments.
 * Every method throws DomainError OBJECT_KEY_INVALID for a key that is none. A store behind a network also throws STORAGE_UNAVAILABLE where
 * it does not answer, STORAGE_DENIED where it does not know the keys it is asked with, STORAGE_BUCKET_MISSING.
 */
export interface ObjectStore {
  /** The bucket that it is, where it is one: `s3://bucket/key` then means an object of this store. */
  readonly bucket?: string
  /** @throws DomainError OBJECT_NOT_FOUND */
  get(key: string): Promise<{ readonly body: Uint8Array; readonly etag: string }>
  /** A stream of the object's bytes. @throws DomainError OBJECT_NOT_FOUND */
  openRead(key: string): Promise<Readable>
  /** @returns undefined where there is no such object */
  head(key: string): Promise<ObjectInfo | undefined>
  /**
   * Writes an object whole: readers see the old one or the new one, also after a crash.
   * @throws DomainError PRECONDITION_FAILED where the options do not hold, STORAGE_FULL
   */
  put(key: string, body: Uint8Array | Readable, options?: PutOptions): Promise<{ readonly etag: string }>
  /** Deletes an object; one that is not there is no error. */
  delete(key: string): Promise<void>
  /** All objects whose key begins with `prefix`, by key. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /**
   * An address where anybody can read the object for a while, with a browser say; not for every store.
   * @param seconds 1 to 604,800 (a week)
   */
  presignedGet?(key: string, seconds: number): Promise<string>
}
