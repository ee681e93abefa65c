import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile } from 'hyparquet'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { type OpenScoreFile, openScoreFile } from '../score/read-score-file.js'

/** Where evaluations are read from: no model takes part. */
export interface ReportSource {
  /** A report.json, whose figures are taken as they are; absent: the scores are measured again. */
  readonly document?: {
    /** For errors. */
    readonly name: string
    readonly text: string
  }
  /** The score files. @throws DomainError SCORES_FILE_INVALID */
  scores(): AsyncIterable<OpenScoreFile>
}

/** What a path was found to be. */
export interface FoundSource extends ReportSource {
  /** Of the report.json; absent where only scores were found. */
  readonly folder?: string
}

const SCORES = '.parquet'

/**
 * @param path a report.json, the folder of one (score files lie in `scores/` beside it), a score file, or a folder of those
 * @throws DomainError REPORT_NOT_FOUND
 */
export async function pathSource(path: string): Promise<FoundSource> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder && path.endsWith(SCORES)) return { scores: () => filesOf([path]) }
  const name = isFolder ? join(path, 'report.json') : path
  const text = await readFile(name, 'utf8').catch((cause: unknown) => cause)
  if (typeof text === 'string') {
    const folder = dirname(name)
    return { folder, document: { name, text }, scores: () => filesIn(join(folder, 'scores')) }
  }
  if (isFolder && (await scoreFiles(path)).length > 0) return { scores: () => filesIn(path) }
  throw new DomainError(
    'REPORT_NOT_FOUND',
    `${name} cannot be read (${text instanceof Error ? text.message : String(text)}): name a report.json that \`crossres evaluate --out\` wrote, its folder, or score files (${SCORES}).`,
    { file: name },
  )
}

/** @param prefix of the keys that `scores/` is appended to, without a slash at its end */
export function objectSource(objects: ObjectStore, prefix: string, document: string): ReportSource {
  return {
    document: { name: `${prefix}/report.json`, text: document },
    async *scores() {
      for await (const { key } of objects.list(`${prefix}/scores/`)) {
        if (!key.endsWith(SCORES)) continue
        const { body } = await objects.get(key)
        const { buffer } = Uint8Array.from(body)
        yield await openScoreFile({ byteLength: buffer.byteLength, slice: (from, to) => buffer.slice(from, to) }, key)
      }
    },
  }
}

async function* filesIn(folder: string): AsyncIterable<OpenScoreFile> {
  yield* filesOf(await scoreFiles(folder))
}

async function* filesOf(paths: readonly string[]): AsyncIterable<OpenScoreFile> {
  for (const path of paths) yield await openScoreFile(await asyncBufferFromFile(path), path)
}

async function scoreFiles(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => [])
  return found
    .filter((each) => each.endsWith(SCORES))
    .sort()
    .map((each) => join(folder, each))
}
