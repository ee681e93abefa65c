import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { z } from 'zod'
import { DomainError } from '../config/domain-error.js'
import type { FaceItem, KnownFace } from './face-item.js'
import { isPictureName } from './list-folder.js'

const PointSchema = z.object({ x: z.number(), y: z.number() })

/** What the `.json` beside a picture says of it; all of it is optional, and more may stand there. */
export const SampleSchema = z.object({
  subject: z.string().nullish(),
  face: z
    .object({
      box: z.object({ x: z.number(), y: z.number(), width: z.number().positive(), height: z.number().positive() }),
      landmarks: z.array(PointSchema),
    })
    .nullish(),
})

interface Sample {
  picture?: { readonly name: string; readonly offset: number; readonly length: number }
  label?: string
  said?: z.infer<typeof SampleSchema>
}

/**
 * Lists the pictures of a tar shard in WebDataset layout: entries whose names agree up to the first dot of the last segment are one
 * sample. Of a sample count the first picture, `.json` (see {@link SampleSchema}) and, where that names no subject, `.cls`.
 * The shard is read through once; pictures are later read from their place in it, so draws may come in any order.
 * Source: the WebDataset format, https://github.com/webdataset/webdataset.
 *
 * @returns in the order of the shard
 * @throws DomainError SHARD_CORRUPT for a file that is no whole tar archive, or a `.json` that is none
 */
export async function listShard(file: string): Promise<FaceItem[]> {
  const shard = basename(file)
  const samples = new Map<string, Sample>()
  try {
    await readEntries(file, (header, body) => addEntry(samples, header, body))
  } catch (cause) {
    if (isSystemError(cause)) throw cause
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new DomainError(
      'SHARD_CORRUPT',
      `${shard} is no complete tar shard (${problem}): write or copy it again.`,
      { shard },
      cause,
    )
  }
  return [...samples.values()].flatMap((sample) => toItem(sample, file, shard))
}

/** The library tells where an entry's bytes begin, its types do not yet. */
type PlacedHeader = Header & { readonly byteOffset: number }
type EntryReader = (header: PlacedHeader, body: () => Promise<string>) => Promise<void>

async function readEntries(file: string, read: EntryReader): Promise<void> {
  const tar = extract()
  const fed = pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), tar)
  // The loop below reports the same failure; without a handler here it would be an unhandled one first.
  fed.catch(() => {})
  for await (const entry of tar) {
    const header = entry.header as PlacedHeader
    if (header.type === 'file') await read(header, () => text(entry as AsyncIterable<Buffer>))
    entry.resume()
  }
  await fed
}

async function text(entry: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of entry) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function addEntry(
  samples: Map<string, Sample>,
  header: PlacedHeader,
  body: () => Promise<string>,
): Promise<void> {
  const [, key = '', extension = ''] = /^((?:.*\/)?[^/.]+)\.([^/]*)$/.exec(header.name) ?? []
  if (key === '') return
  const sample = samples.get(key) ?? {}
  samples.set(key, sample)
  if (extension === 'json') sample.said = SampleSchema.parse(JSON.parse(await body()))
  else if (extension === 'cls') sample.label = (await body()).trim()
  else if (isPictureName(basename(header.name)) && sample.picture === undefined) {
    sample.picture = { name: header.name, offset: header.byteOffset, length: header.size }
  }
}

function toItem({ picture, label, said }: Sample, file: string, shard: string): FaceItem[] {
  if (picture === undefined) return []
  const { name, offset, length } = picture
  const face: KnownFace | undefined = said?.face ?? undefined
  return [
    {
      path: `${shard}/${name}`,
      subject: said?.subject ?? (label || null),
      bytes: { file, part: { offset, length } },
      ...(face === undefined ? {} : { face }),
    },
  ]
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error
