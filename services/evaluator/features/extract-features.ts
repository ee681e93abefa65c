import { join } from 'node:path'
import pLimit from 'p-limit'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { createBatchLoader, type Draw } from '../../../libs/dataset/loader/loader.js'
import { normalise } from '../../../libs/models/embedding.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import type { Enhancement } from '../enhance/enhancement.js'
import { createEnhancingLoader } from '../enhance/enhancing-loader.js'
import { type FaceLocator, knownFace } from '../faces/face-locator.js'
import { degradedViews } from './degraded-views.js'
import { embedBatch } from './embed-batch.js'
import { type FeatureCache, openFeatureCache } from './feature-cache.js'
import { createFeatureTable, type FeatureTable } from './feature-table.js'
import type { MeasuredModel } from './measured-model.js'
import { type Faces, pictureKey } from './picture-key.js'

/** A picture and the resolutions at which its features are wanted. */
export interface WantedPicture {
  readonly image: ProtocolImage
  /** Shortest sides in pixels, rising; 0: as it is. */
  readonly resolutions: readonly number[]
}

/** How far an extraction is. */
export interface ExtractionProgress {
  readonly phase: 'Finding faces' | 'Embedding'
  readonly done: number
  readonly total: number
  /** Pictures without features so far. */
  readonly failed: number
}

/** What extraction works with. */
export interface ExtractDeps {
  /** Holds what can be made again. */
  readonly cacheFolder: string
  readonly imageThreads: number
  readonly locator: FaceLocator
}

/** How features are extracted. */
export interface ExtractOptions {
  /** Of the data set: while it is there, a missing file is only a missing file. */
  readonly folder: string
  readonly faces: Faces
  /** Runs on what is extracted; absent: nothing does. */
  readonly enhancement?: Enhancement
  readonly signal: AbortSignal
  report(progress: ExtractionProgress): void
}

interface MissingPicture extends WantedPicture {
  readonly key: string
}

/** Faces that go through a network at once. */
const BATCH = 32
const PREFETCH = 2
/** File-system calls at once. */
const LOOKUPS = 16

/**
 * Embeds pictures at resolutions, each feature once: what an earlier run has computed for the same model and picture is read from the
 * cache, and what this one computes is kept batch by batch, so that an interrupted run loses next to nothing.
 * @throws DomainError DATASET_VANISHED, ENGINE_RUN_FAILED, MODEL_LOAD_FAILED; the signal's reason
 */
export async function extractFeatures(
  deps: ExtractDeps,
  model: MeasuredModel,
  wanted: readonly WantedPicture[],
  options: ExtractOptions,
): Promise<FeatureTable> {
  const table = createFeatureTable()
  const caches = new Map<number, FeatureCache>()
  try {
    const { dimension } = model.registered.card
    for (const resolution of new Set(wanted.flatMap(({ resolutions }) => resolutions))) {
      const folder = join(deps.cacheFolder, 'evaluations', 'features', model.cacheName, cacheName(resolution, options))
      caches.set(resolution, await openFeatureCache(folder, dimension))
    }
    const missing = await lookUp(wanted, caches, table, options)
    const draws = await drawsOf(deps, missing, model, table, options)
    await embed(deps, draws, model, caches, table, options)
    return table
  } finally {
    for (const cache of caches.values()) await cache.close()
  }
}

/** Tells apart what gives other features of the same picture and model. */
function cacheName(resolution: number, { faces, enhancement }: ExtractOptions): string {
  const plain = `${faces}-${resolution === 0 ? 'full' : resolution}`
  if (enhancement === undefined) return plain
  const { enhancer, below } = enhancement
  return `${plain}-enhanced-${enhancer.digest.slice(0, 16)}${below === undefined ? '' : `-below-${below}`}`
}

/** Takes what the caches have. @returns the rest */
async function lookUp(
  wanted: readonly WantedPicture[],
  caches: ReadonlyMap<number, FeatureCache>,
  table: FeatureTable,
  { faces }: ExtractOptions,
): Promise<MissingPicture[]> {
  const limit = pLimit(LOOKUPS)
  const keys = await limit.map(wanted, ({ image }) => pictureKey(image, faces))
  const missing: MissingPicture[] = []
  for (const [i, { image, resolutions }] of wanted.entries()) {
    const key = keys[i]
    if (key === undefined) {
      table.fail(image.id, 'IMAGE_FILE_MISSING')
      continue
    }
    const left = resolutions.filter((resolution) => {
      const feature = caches.get(resolution)?.get(key)
      if (feature) table.set(image.id, resolution, feature)
      return feature === undefined
    })
    if (left.length > 0) missing.push({ image, resolutions: left, key })
  }
  return missing
}

interface Work {
  readonly missing: MissingPicture
  readonly draw: Draw
}

/** Finds the faces that are not known. */
async function drawsOf(
  { locator, imageThreads }: ExtractDeps,
  missing: readonly MissingPicture[],
  { registered: { card } }: MeasuredModel,
  table: FeatureTable,
  { faces, signal, report }: ExtractOptions,
): Promise<Work[]> {
  const workOf = (picture: MissingPicture, face: FaceItem['face']): Work => {
    const { id, subject, file } = picture.image
    const item: FaceItem = { path: id, subject, bytes: { file }, ...(face ? { face } : {}) }
    return { missing: picture, draw: { item, views: degradedViews(picture.resolutions, face !== undefined) } }
  }
  if (faces === 'whole') return missing.map((picture) => workOf(picture, undefined))

  const unknown = missing.filter(({ image }) => !knownFace(image, card)).length
  let done = 0
  // A few more than threads, so that none waits for the main thread; not all, for an abort would be heard by each.
  const limit = pLimit(2 * imageThreads)
  const all = await limit.map(missing, async (picture): Promise<Work | undefined> => {
    const known = knownFace(picture.image, card)
    if (known) return workOf(picture, known)
    signal.throwIfAborted()
    const located = await locator.locate(picture.image, picture.key, signal)
    if ('reason' in located) table.fail(picture.image.id, located.reason)
    report({ phase: 'Finding faces', done: ++done, total: unknown, failed: table.failedCount })
    return 'face' in located ? workOf(picture, located.face) : undefined
  })
  return all.filter((work) => work !== undefined)
}

async function embed(
  { imageThreads }: ExtractDeps,
  work: readonly Work[],
  model: MeasuredModel,
  caches: ReadonlyMap<number, FeatureCache>,
  table: FeatureTable,
  { folder, enhancement, signal, report }: ExtractOptions,
): Promise<void> {
  const total = work.reduce((sum, { missing }) => sum + missing.resolutions.length, 0)
  if (total === 0) return
  let done = 0
  const tell = () => report({ phase: 'Embedding', done, total, failed: table.failedCount })
  tell()
  const preparation = model.registered.card
  const loader = enhancement
    ? createEnhancingLoader({ folder, preparation, enhancement })
    : createBatchLoader({ folder, preparation, threads: imageThreads })
  try {
    for (const group of byResolutions(work)) {
      const { resolutions } = (group[0] as Work).missing
      const keys = new Map(group.map(({ missing }) => [missing.image.id, missing.key]))
      const draws = group.map(({ draw }) => draw)
      const options = { size: BATCH, views: resolutions.length, prefetch: PREFETCH, signal }
      for await (const batch of loader.batches(draws, options)) {
        for (const [view, resolution] of resolutions.entries()) {
          const features = await embedBatch(model, batch, view, resolution)
          const entries: { key: string; feature: Float32Array }[] = []
          for (const [i, { item }] of batch.draws.entries()) {
            const feature = lengthOne(features[i] as Float32Array)
            if (feature === undefined) {
              table.fail(item.path, 'EMBEDDING_NOT_FINITE')
              continue
            }
            table.set(item.path, resolution, feature)
            entries.push({ key: keys.get(item.path) as string, feature })
          }
          await caches.get(resolution)?.put(entries)
        }
        for (const { path, reason } of loader.skipped.list()) table.fail(path, reason)
        done += resolutions.length * Math.min(BATCH, draws.length - batch.index * BATCH)
        tell()
      }
    }
  } finally {
    await loader.close()
  }
}

/** A batch has the same views of all its pictures. */
function byResolutions(work: readonly Work[]): Work[][] {
  const groups = new Map<string, Work[]>()
  for (const each of work) {
    const name = each.missing.resolutions.join()
    const group = groups.get(name)
    if (group) group.push(each)
    else groups.set(name, [each])
  }
  return [...groups.values()]
}

function lengthOne(feature: Float32Array): Float32Array | undefined {
  try {
    return normalise(feature)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}
