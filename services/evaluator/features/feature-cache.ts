import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Features that were computed before, kept on disk. */
export interface FeatureCache {
  /** @returns a copy; undefined where it is not there */
  get(key: string): Float32Array | undefined
  /** Adds features; what is in the cache already may be added again. */
  put(entries: readonly { readonly key: string; readonly feature: Float32Array }[]): Promise<void>
  close(): Promise<void>
}

/** Bytes of a key; its text is hex. */
export const KEY_BYTES = 16
const SUFFIX = '.features'

/**
 * Opens a folder of features, made when missing. Every process adds to a file of its own, record by record (the key, then the values as
 * float32 of the machine's byte order): a killed one leaves a part of a record at the end of its file, which is passed over, and two at
 * once only compute some features twice.
 * @param dimension of every feature in the folder
 */
export async function openFeatureCache(folder: string, dimension: number): Promise<FeatureCache> {
  await mkdir(folder, { recursive: true })
  const recordBytes = KEY_BYTES + dimension * Float32Array.BYTES_PER_ELEMENT
  const places = new Map<string, { readonly file: Buffer; readonly offset: number }>()
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(SUFFIX))) {
    const file = await readFile(join(folder, name))
    for (let offset = 0; offset + recordBytes <= file.length; offset += recordBytes) {
      places.set(file.toString('hex', offset, offset + KEY_BYTES), { file, offset: offset + KEY_BYTES })
    }
  }
  let segment: FileHandle | undefined
  return {
    get(key) {
      const place = places.get(key)
      if (place === undefined) return undefined
      const feature = new Float32Array(dimension)
      place.file.copy(bytesOf(feature), 0, place.offset)
      return feature
    },
    async put(entries) {
      if (entries.length === 0) return
      segment ??= await open(join(folder, `${randomUUID()}${SUFFIX}`), 'ax')
      const records = Buffer.alloc(entries.length * recordBytes)
      for (const [i, { key, feature }] of entries.entries()) {
        records.write(key, i * recordBytes, 'hex')
        records.set(bytesOf(feature), i * recordBytes + KEY_BYTES)
      }
      await segment.appendFile(records)
    },
    async close() {
      await segment?.close()
    },
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength)
