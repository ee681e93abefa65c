import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import pLimit from 'p-limit'
import type { Protocol, ProtocolImage } from '../../../libs/protocols/protocol.js'

/** File-system calls at once. */
const LOOKUPS = 16

/** @returns see EvaluationResult.dataset; pictures are not read, so one exchanged for another of the same size goes unnoticed */
export async function datasetFingerprint(protocols: readonly Protocol[]): Promise<string> {
  const hash = createHash('sha256')
  const sizes = new Map<string, number>()
  const limit = pLimit(LOOKUPS)
  const sizeOf = async ({ file }: ProtocolImage) => {
    sizes.set(
      file,
      sizes.get(file) ??
        (await stat(file)
          .then(({ size }) => size)
          .catch(() => -1)),
    )
  }
  for (const protocol of protocols) {
    await limit.map(protocol.images, sizeOf)
    for (const { id, file, subject, face, medium } of protocol.images) {
      hash.update(`${JSON.stringify([id, sizes.get(file), subject, face ?? null, medium ?? null])}\n`)
    }
    for (const { id, subject, images } of protocol.templates) hash.update(`${JSON.stringify([id, subject, images])}\n`)
    const columns =
      protocol.kind === 'verification'
        ? [protocol.pairs.reference, protocol.pairs.probe, protocol.pairs.mated, protocol.pairs.fold]
        : [...protocol.galleries.map(({ templates }) => templates), protocol.probes]
    for (const column of columns) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
  return hash.digest('hex')
}
