import { setImmediate } from 'node:timers/promises'
import { createThreadPool } from '../../config/thread-pool.js'
import { workerFile } from '../../config/worker-file.js'
import type { Preparation } from '../../models/model-card.js'
import type { ChipView } from '../augment.js'
import type { FaceItem } from '../face-item.js'
import { requireDataset } from '../require-dataset.js'
import type { ChipResult, ChipTask, ChipThreadData } from './chip-task.js'
import { createSkippedImages, type SkippedImages } from './skipped-images.js'
import { createWaitClock } from './wait-clock.js'

/** One face to show, under one or more views (teacher and student see one each). */
export interface Draw {
  readonly item: FaceItem
  /** As many as `views` of the batches. */
  readonly views: readonly ChipView[]
}

/** Faces for one step. */
export interface Batch {
  /** Number of the batch, from 0; the batch holds draws from `index * size` on. */
  readonly index: number
  /** The draws that could be read, in their order: `size` at most, perhaps none. */
  readonly draws: readonly Draw[]
  /** Face resolution of each in pixels, before any view degraded it, see measureFace. */
  readonly resolutions: readonly number[]
  /** For each view the prepared pixels of all draws, `draws.length` pictures in the card's layout. */
  readonly pixels: readonly Float32Array[]
}

/** How draws become batches. */
export interface BatchOptions {
  /** Draws a batch, >= 1. */
  readonly size: number
  /** Views a draw, >= 1. */
  readonly views: number
  /** Batches being made or waiting, besides the one the consumer has, >= 1: what memory is bounded by. */
  readonly prefetch: number
  readonly signal?: AbortSignal
}

/** Reads, frames and prepares faces in worker threads. */
export interface BatchLoader {
  /**
   * Batches in exactly the order of the draws; order and content do not depend on the number of threads. Draws are taken only as
   * batches are needed. A picture that cannot be used is skipped, named in `skipped`, and makes its batch shorter.
   * @throws DomainError DATASET_VANISHED where the folder is gone, is empty, or nothing of a batch is there any more; the signal's reason
   */
  batches(draws: Iterable<Draw>, options: BatchOptions): AsyncGenerator<Batch, void>
  readonly skipped: SkippedImages
  /** 0..1 of the time since the first batch was asked for that the consumer stood waiting. */
  waitShare(): number
  close(): Promise<void>
}

interface MadeBatch {
  readonly batch: Batch
  readonly unread: readonly { readonly path: string; readonly reason: string }[]
}

/** What a loader works with. */
export interface LoaderDeps {
  /** The dataset's folder: while it is there, a missing file is only a missing file. */
  readonly folder: string
  readonly preparation: Preparation
  readonly threads: number
}

/** Starts its threads with the first batch. */
export function createBatchLoader({ folder, preparation, threads }: LoaderDeps): BatchLoader {
  const data: ChipThreadData = { preparation }
  const pool = createThreadPool<ChipTask, ChipResult>({
    file: workerFile(import.meta.url, './chip-thread.js'),
    threads,
    data,
  })
  const skipped = createSkippedImages()
  const clock = createWaitClock(() => performance.now())

  async function makeBatch(index: number, draws: readonly Draw[], { views, signal }: BatchOptions): Promise<MadeBatch> {
    const { kept, resolutions, pixels, skipped: unread } = await pool.run({ draws, views }, signal ? { signal } : {})
    const missing = unread.filter(({ reason }) => reason === 'IMAGE_FILE_MISSING').length
    if (missing > 0) await requireDataset(folder, missing === draws.length && missing > 1)
    return { batch: { index, draws: kept.map((place) => draws[place] as Draw), resolutions, pixels }, unread }
  }

  async function* batches(draws: Iterable<Draw>, options: BatchOptions): AsyncGenerator<Batch, void> {
    const groups = groupsOf(draws, options.size)
    const ahead: Promise<MadeBatch>[] = []
    let index = 0
    const fill = () => {
      while (ahead.length < options.prefetch) {
        const next = groups.next()
        if (next.done) return
        const making = makeBatch(index++, next.value, options)
        // It is awaited in its turn; a failure before that must not count as unhandled.
        making.catch(() => {})
        ahead.push(making)
      }
    }
    for (fill(); ahead.length > 0; fill()) {
      options.signal?.throwIfAborted()
      // Lets threads that became free during a step have their next batch before this one is taken.
      await setImmediate()
      const { batch, unread } = await clock.waitFor(ahead[0] as Promise<MadeBatch>)
      ahead.splice(0, 1)
      // Noted in its turn, so that the list has one order whatever the threads do.
      for (const { path, reason } of unread) skipped.add(path, reason)
      fill()
      yield batch
    }
  }

  return { batches, skipped, waitShare: clock.share, close: pool.close }
}

function* groupsOf(draws: Iterable<Draw>, size: number): Generator<Draw[], void> {
  let group: Draw[] = []
  for (const draw of draws) {
    group.push(draw)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
