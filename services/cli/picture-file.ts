import { readFile, stat } from 'node:fs/promises'
import type { Image } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../libs/rpc/serve.js'

/** What a request needs besides its picture. */
const ROOM = 64 * 1024

/**
 * Reads a picture for a request.
 * @throws DomainError PICTURE_FILE_TOO_LARGE for one that no message holds: sent all the same it would end the whole stream
 */
export async function readPicture(file: string): Promise<Image> {
  const { size } = await stat(file)
  if (size > DEFAULT_MAX_MESSAGE_BYTES - ROOM) {
    throw new DomainError(
      'PICTURE_FILE_TOO_LARGE',
      `${file} has ${(size / 2 ** 20).toFixed(1)} MiB, a message holds ${DEFAULT_MAX_MESSAGE_BYTES / 2 ** 20} MiB: save it smaller.`,
      { file, bytes: String(size) },
    )
  }
  return { source: { $case: 'content', value: await readFile(file) } }
}
