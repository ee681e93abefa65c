import { open, readFile } from 'node:fs/promises'
import { DomainError } from '../config/domain-error.js'
import { type DecodeOptions, decodeImage } from '../image/decode.js'
import type { RgbImage } from '../image/rgb-image.js'
import type { FaceItem, PictureBytes } from './face-item.js'

/**
 * Reads and decodes an item's picture.
 * @throws DomainError IMAGE_FILE_MISSING, IMAGE_FILE_UNREADABLE, and those of decodeImage
 */
export async function readPicture({ path, bytes }: FaceItem, options: DecodeOptions = {}): Promise<RgbImage> {
  const encoded = await readBytes(bytes).catch((cause: unknown) => {
    throw readError(path, cause)
  })
  return decodeImage(encoded, options)
}

async function readBytes({ file, part }: PictureBytes): Promise<Uint8Array> {
  if (part === undefined) return readFile(file)
  const handle = await open(file)
  try {
    const buffer = new Uint8Array(part.length)
    // A shard cut short meanwhile gives fewer bytes; the decoder then refuses the picture as truncated.
    const { bytesRead } = await handle.read(buffer, 0, part.length, part.offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** What is wrong with this one file; what is wrong with the machine (no file handles left ...) stays what it is. */
function readError(path: string, cause: unknown): unknown {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DomainError('IMAGE_FILE_MISSING', `${path} is no longer there.`, { path }, cause)
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
    case 'EIO':
      return new DomainError('IMAGE_FILE_UNREADABLE', `${path} cannot be read: check its rights.`, { path }, cause)
    default:
      return cause
  }
}
