import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile } from 'hyparquet'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { ReportSource } from './make-report.js'

/**
 * @param path a report.json, or the folder that holds one; score files lie in `scores/` beside it
 * @throws DomainError REPORT_NOT_FOUND
 */
export async function folderSource(path: string): Promise<ReportSource> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const name = isFolder ? join(path, 'report.json') : path
  const document = await readFile(name, 'utf8').catch((cause: unknown) => {
    throw new DomainError(
      'REPORT_NOT_FOUND',
      `${name} cannot be read (${cause instanceof Error ? cause.message : String(cause)}): name a report.json that \`crossres evaluate --out\` wrote, or its folder.`,
      { file: name },
    )
  })
  const folder = join(dirname(name), 'scores')
  return {
    name,
    document,
    async *scores() {
      const found = await readdir(folder, { recursive: true }).catch(() => [])
      for (const file of found.filter((each) => each.endsWith('.parquet')).sort()) {
        yield { name: join(folder, file), file: await asyncBufferFromFile(join(folder, file)) }
      }
    },
  }
}

/** @param prefix of the keys that `scores/` is appended to, without a slash at its end */
export function objectSource(objects: ObjectStore, prefix: string, document: string): ReportSource {
  return {
    name: `${prefix}/report.json`,
    document,
    async *scores() {
      for await (const { key } of objects.list(`${prefix}/scores/`)) {
        if (!key.endsWith('.parquet')) continue
        const { body } = await objects.get(key)
        const { buffer } = Uint8Array.from(body)
        yield { name: key, file: { byteLength: buffer.byteLength, slice: (from, to) => buffer.slice(from, to) } }
      }
    },
  }
}
