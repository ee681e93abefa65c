import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { DomainError } from '../config/domain-error.js'
import type { ObjectStore } from '../objects/object-store.js'
import type { FaceDataset, FaceItem, SkippedPicture } from './face-item.js'
import type { ChipSettings, FaceSample } from './face-sample.js'
import { requireDataset } from './require-dataset.js'
import { readShardReport, type ShardReport, shardName, writeShardReport } from './shard-report.js'

/** How chips are kept. */
export interface ShardSettings extends ChipSettings {
  /** Faces a shard, >= 1; skipped ones leave theirs shorter. */
  readonly shardSize: number
}

/** What shards are written with. */
export interface ShardDeps {
  readonly store: ObjectStore
  /** Asked for all faces of a shard at once: it decides how many are at work. Must not throw for what is wrong with one picture. */
  makeSample(item: FaceItem, settings: ChipSettings, signal: AbortSignal): Promise<FaceSample>
}

/** How far the writing is. */
export interface ShardProgress {
  /** Items of the dataset that were dealt with. */
  readonly done: number
  readonly total: number
  /** Whole shards. */
  readonly shards: number
  readonly skipped: readonly SkippedPicture[]
}

/** Faces between two reports within a shard. */
const REPORT_EVERY = 50

/**
 * Writes a dataset once as tar shards in WebDataset layout: for each face the chip, its `.cls` (number of the subject among the sorted
 * subjects; none for unlabelled faces) and its `.json` (subject, path in the source, and for aligned chips box and landmarks in
 * the chip's pixels, so that a network with another template can use them too).
 *
 * Every shard is put whole, then its report; a call that was interrupted goes on after the last report. The same dataset and settings
 * give the same bytes.
 *
 * @param prefix of the keys, without a slash at its end, such as `datasets/faces`
 * @returns progress: at the beginning, within each shard, and after each, also after those that were there
 * @throws DomainError DATASET_SETTINGS_DIFFER where the prefix holds shards of another dataset or of other settings, DATASET_VANISHED
 * where the source is gone; the signal's reason
 */
export async function* writeShards(
  deps: ShardDeps,
  dataset: FaceDataset,
  prefix: string,
  settings: ShardSettings,
  signal?: AbortSignal,
): AsyncGenerator<ShardProgress, void> {
  await claim(deps.store, `${prefix}/shards.json`, described(dataset, settings))
  const labels = labelsOf(dataset.items)
  const total = dataset.items.length
  const skipped: SkippedPicture[] = []
  yield { done: 0, total, shards: 0, skipped: [] }
  for (let from = 0, shard = 0; from < total; from += settings.shardSize, shard++) {
    signal?.throwIfAborted()
    const name = shardName(prefix, shard)
    const items = dataset.items.slice(from, from + settings.shardSize)
    const { folder } = dataset
    let report = await readShardReport(deps.store, name)
    if (report === undefined) {
      for await (const step of writeShard(deps, { name, items, first: from, labels, folder }, settings, signal)) {
        if ('digests' in step) report = step
        else yield { done: from + step.done, total, shards: shard, skipped: [...skipped, ...step.skipped] }
      }
    }
    skipped.push(...(report?.skipped ?? []))
    yield { done: from + items.length, total, shards: shard + 1, skipped: [...skipped] }
  }
}

/** What the shards are made of, in one order of its parts. */
function described({ fingerprint }: FaceDataset, settings: ShardSettings): string {
  const { preparation, format, shardSize, room, detect } = settings
  const { width, height } = preparation.input
  return JSON.stringify({ source: fingerprint, width, height, crop: preparation.crop, format, shardSize, room, detect })
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

function labelsOf(items: readonly FaceItem[]): Map<string, number> {
  const subjects = new Set(items.flatMap(({ subject }) => subject ?? []))
  return new Map([...subjects].sort().map((subject, label) => [subject, label]))
}

/** A shard to write. */
interface Shard {
  /** See shardName. */
  readonly name: string
  readonly items: readonly FaceItem[]
  /** Number of the first item in the dataset. */
  readonly first: number
  readonly labels: ReadonlyMap<string, number>
  /** The dataset's. */
  readonly folder: string
}

/** Yields how far it is, and at its end the report. */
async function* writeShard(
  { store, makeSample }: ShardDeps,
  { name, items, first, labels, folder }: Shard,
  settings: ShardSettings,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ done: number; skipped: readonly SkippedPicture[] } | ShardReport, void> {
  const ended = new AbortController()
  const cancelled = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  const samples = items.map((item) => quiet(makeSample(item, settings, cancelled)))
  const tar = pack()
  // The shard streams into the store while it is made: memory holds the samples that wait for their turn, not the shard.
  const body = Readable.from(tar as AsyncIterable<Buffer>)
  for (const stream of [tar, body]) stream.on('error', toldElsewhere)
  const stored = quiet(store.put(`${name}.tar`, body))
  const report: ShardReport = { skipped: [], digests: [] }
  try {
    for (const [i, making] of samples.entries()) {
      const sample = await Promise.race([making, stored.then(() => making)])
      const item = items[i] as FaceItem
      if ('skipped' in sample) report.skipped.push(sample.skipped)
      else {
        const key = String(first + i).padStart(9, '0')
        report.digests.push(addSample(tar, key, item, sample, labels, settings))
      }
      const done = i + 1
      if (done % REPORT_EVERY === 0 && done < items.length) yield { done, skipped: report.skipped }
    }
    const missing = report.skipped.filter(({ reason }) => reason === 'IMAGE_FILE_MISSING').length
    // Pictures of a disk that went away must not be left out for good.
    if (missing > 0) await requireDataset(folder, missing === items.length && missing > 1)
    cancelled.throwIfAborted()
    tar.finalize()
    await stored
    await writeShardReport(store, name, report)
    yield report
  } finally {
    ended.abort()
    // Without an error a shard that was left off would look like one that ended.
    body.destroy(new Error(`${name} was not finished`))
    await stored.catch(() => {})
  }
}

/** @returns the digest of the face */
function addSample(
  tar: ReturnType<typeof pack>,
  key: string,
  { subject, path }: FaceItem,
  { picture, face }: Exclude<FaceSample, { skipped: unknown }>,
  labels: ReadonlyMap<string, number>,
  { format }: ShardSettings,
): string {
  const add = (entry: string, content: string | Uint8Array): unknown =>
    // A fixed time, so that the same faces are the same bytes.
    tar.entry({ name: entry, mtime: new Date(0) }, content).on('error', toldElsewhere)
  add(`${key}.${format === 'png' ? 'png' : 'jpg'}`, picture)
  if (subject !== null) add(`${key}.cls`, String(labels.get(subject)))
  add(`${key}.json`, JSON.stringify({ subject, path, ...(face ? { face } : {}) }))
  return createHash('sha256')
    .update(picture)
    .update(JSON.stringify([subject, face ?? null]))
    .digest('hex')
}

/** The store is told of what is wrong with a stream; without a listener of its own it would end the process. */
function toldElsewhere(): void {}

/** A rejection is seen when its turn comes; until then it must not count as unhandled. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
