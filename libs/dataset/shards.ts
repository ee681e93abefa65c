import pLimit from 'p-limit'
import { pack } from 'tar-stream'
import { z } from 'zod'
import { DomainError } from '../config/domain-error.js'
import { scaleOf, transformPoint } from '../face/similarity-transform.js'
import { encodeJpeg, encodePng } from '../image/encode.js'
import type { Preparation } from '../models/model-card.js'
import type { ObjectStore } from '../objects/object-store.js'
import { PLAIN_VIEW } from './augment.js'
import type { FaceDataset, FaceItem, KnownFace } from './face-item.js'
import { alignedFace, alignment } from './frame-face.js'
import { readChips } from './read-chip.js'

/** How chips are kept. */
export interface ShardSettings {
  readonly preparation: Preparation
  /** Without loss, or with little (quality 95) in fewer bytes. */
  readonly format: 'png' | 'jpeg'
  /** Faces a shard, >= 1; skipped ones leave theirs shorter. */
  readonly shardSize: number
  /** Pixels kept around an aligned chip, an integer >= 0, so that jitter finds picture there instead of black. */
  readonly room: number
}

/** How far the writing is. */
export interface ShardProgress {
  /** Items of the dataset that were dealt with. */
  readonly done: number
  readonly total: number
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}

const ReportSchema = z.object({ skipped: z.array(z.object({ path: z.string(), reason: z.string() })) })

const JPEG_QUALITY = 95
/** Pictures decoded at once: libvips has its own threads, more would only take memory. */
const AT_ONCE = 4

/**
 * Writes a dataset once as tar shards in WebDataset layout: for each face the chip, its `.cls` (number of the subject among the sorted
 * subjects; none for unlabelled faces) and its `.json` (subject, path in the source, and for aligned chips box and landmarks in
 * the chip's pixels, so that a network with another template can use them too).
 *
 * Every shard is put whole, then its report; a call that was interrupted goes on after the last report. The same dataset and settings
 * give the same bytes.
 *
 * @param prefix of the keys, without a slash at its end, such as `datasets/faces`
 * @returns progress after each shard, also after those that were there
 * @throws DomainError DATASET_SETTINGS_DIFFER where the prefix holds shards of another dataset or of other settings; the signal's reason
 */
export async function* writeShards(
  dataset: FaceDataset,
  store: ObjectStore,
  prefix: string,
  settings: ShardSettings,
  signal?: AbortSignal,
): AsyncGenerator<ShardProgress, void> {
  await claim(store, `${prefix}/shards.json`, described(dataset, settings))
  const labels = labelsOf(dataset.items)
  const total = dataset.items.length
  const skipped: ShardProgress['skipped'][number][] = []
  for (let from = 0, shard = 0; from < total; from += settings.shardSize, shard++) {
    signal?.throwIfAborted()
    const name = `${prefix}/shard-${String(shard).padStart(6, '0')}`
    const items = dataset.items.slice(from, from + settings.shardSize)
    const report =
      (await readReport(store, `${name}.json`)) ?? (await writeShard(store, name, items, from, labels, settings))
    skipped.push(...report.skipped)
    yield { done: from + items.length, total, skipped: [...skipped] }
  }
}

/** What the shards are made of, in one order of its parts. */
function described({ fingerprint }: FaceDataset, { preparation, format, shardSize, room }: ShardSettings): string {
  const { input, crop } = preparation
  return JSON.stringify({
    source: fingerprint,
    width: input.width,
    height: input.height,
    crop,
    format,
    shardSize,
    room,
  })
}

/** Makes sure that all shards of a prefix are of one kind. */
async function claim(store: ObjectStore, key: string, settings: string): Promise<void> {
  if ((await store.head(key)) === undefined) {
    await store.put(key, Buffer.from(settings), { ifNoneMatch: '*' })
    return
  }
  const { body } = await store.get(key)
  if (Buffer.from(body).toString('utf8') === settings) return
  throw new DomainError(
    'DATASET_SETTINGS_DIFFER',
    `${key} belongs to shards of another dataset or of other settings: choose another name, or delete them first.`,
    { key },
  )
}

async function readReport(store: ObjectStore, key: string) {
  if ((await store.head(key)) === undefined) return undefined
  return ReportSchema.parse(JSON.parse(Buffer.from((await store.get(key)).body).toString('utf8')))
}

function labelsOf(items: readonly FaceItem[]): Map<string, number> {
  const subjects = new Set(items.flatMap(({ subject }) => subject ?? []))
  return new Map([...subjects].sort().map((subject, label) => [subject, label]))
}

async function writeShard(
  store: ObjectStore,
  name: string,
  items: readonly FaceItem[],
  first: number,
  labels: ReadonlyMap<string, number>,
  settings: ShardSettings,
) {
  const atOnce = pLimit(AT_ONCE)
  const samples = await Promise.all(items.map((item) => atOnce(() => makeSample(item, settings))))
  const tar = pack()
  const add = (entry: string, content: string | Uint8Array): unknown =>
    // A fixed time, so that the same faces are the same bytes.
    tar.entry({ name: entry, mtime: new Date(0) }, content)
  const skipped: ShardProgress['skipped'][number][] = []
  for (const [i, sample] of samples.entries()) {
    const { path, subject } = items[i] as FaceItem
    if ('skipped' in sample) {
      skipped.push(sample.skipped)
      continue
    }
    const key = String(first + i).padStart(9, '0')
    add(`${key}.${settings.format === 'png' ? 'png' : 'jpg'}`, sample.picture)
    if (subject !== null) add(`${key}.cls`, String(labels.get(subject)))
    add(`${key}.json`, JSON.stringify({ subject, path, ...(sample.face ? { face: sample.face } : {}) }))
  }
  tar.finalize()
  const parts: Buffer[] = []
  for await (const part of tar as AsyncIterable<Buffer>) parts.push(part)
  await store.put(`${name}.tar`, Buffer.concat(parts))
  await store.put(`${name}.json`, Buffer.from(JSON.stringify({ skipped })))
  return { skipped }
}

async function makeSample(item: FaceItem, { preparation, format, room }: ShardSettings) {
  const aligned = alignedFace(item.face, preparation)
  const roomy = aligned ? withRoom(preparation, room) : preparation
  const read = await readChips(item, [PLAIN_VIEW], roomy)
  if ('skipped' in read) return read
  const chip = read.chips[0] as (typeof read.chips)[number]
  const picture = format === 'png' ? await encodePng(chip) : await encodeJpeg(chip, JPEG_QUALITY)
  return { picture, face: aligned && faceInChip(aligned, roomy) }
}

/** The same framing in a larger chip. */
function withRoom({ input, crop }: Preparation, room: number): Preparation {
  return {
    input: { ...input, width: input.width + 2 * room, height: input.height + 2 * room },
    crop:
      crop.kind === 'alignment'
        ? { ...crop, template: crop.template.map(([x, y]) => [x + room, y + room]) as typeof crop.template }
        : crop,
  }
}

function faceInChip({ box, landmarks }: KnownFace, preparation: Preparation): KnownFace {
  const place = alignment(landmarks, preparation)
  const centre = transformPoint(place, { x: box.x + box.width / 2, y: box.y + box.height / 2 })
  const [width, height] = [box.width * scaleOf(place), box.height * scaleOf(place)]
  return {
    // The chip is turned, a box is not: it keeps its centre and its size.
    box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
    landmarks: landmarks.map((point) => transformPoint(place, point)),
  }
}
