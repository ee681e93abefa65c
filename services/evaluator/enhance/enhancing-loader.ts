import { DomainError } from '../../../libs/config/domain-error.js'
import { PLAIN_VIEW } from '../../../libs/dataset/augment.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { frameFace } from '../../../libs/dataset/frame-face.js'
import type { Batch, BatchLoader, BatchOptions, Draw } from '../../../libs/dataset/loader/loader.js'
import { createSkippedImages } from '../../../libs/dataset/loader/skipped-images.js'
import { measureFace } from '../../../libs/dataset/measure-face.js'
import { readPicture } from '../../../libs/dataset/read-picture.js'
import { requireDataset } from '../../../libs/dataset/require-dataset.js'
import { downsample } from '../../../libs/image/degrade.js'
import { resizeBilinear } from '../../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import type { Preparation } from '../../../libs/models/model-card.js'
import { preparePixels } from '../../../libs/models/prepare-pixels.js'
import type { Enhancement } from './enhancement.js'

/** What an enhancing loader works with. */
export interface EnhancingLoaderDeps {
  /** The dataset's folder. */
  readonly folder: string
  readonly preparation: Preparation
  readonly enhancement: Enhancement
}

/**
 * A loader of plain and degraded views that enhances them: where another degrades a face to so many pixels and stretches it back, this one
 * hands the small picture to the enhancer, and brings what comes of it to the input's size (bilinear). It works on the thread that asks:
 * the enhancer's network, on its own thread, is what takes the time.
 */
export function createEnhancingLoader(deps: EnhancingLoaderDeps): Pick<BatchLoader, 'batches' | 'skipped' | 'close'> {
  const { folder, preparation } = deps
  const { width, height } = preparation.input
  const length = width * height * 3
  const skipped = createSkippedImages()

  async function makeBatch(index: number, draws: readonly Draw[], { views, signal }: BatchOptions): Promise<Batch> {
    const pixels = Array.from({ length: views }, () => new Float32Array(length * draws.length))
    const kept: Draw[] = []
    const resolutions: number[] = []
    let missing = 0
    for (const draw of draws) {
      signal?.throwIfAborted()
      try {
        const { chips, resolution } = await enhancedChips(deps, draw)
        for (const [view, chip] of chips.entries()) {
          preparePixels(chip, preparation.input, pixels[view] as Float32Array, kept.length * length)
        }
        kept.push(draw)
        resolutions.push(resolution)
      } catch (error) {
        if (!(error instanceof DomainError) || FATAL.has(error.reason)) throw error
        if (error.reason === 'IMAGE_FILE_MISSING') missing++
        skipped.add(draw.item.path, error.reason)
      }
    }
    if (missing > 0) await requireDataset(folder, missing === draws.length && missing > 1)
    return { index, draws: kept, resolutions, pixels: pixels.map((values) => values.subarray(0, kept.length * length)) }
  }

  return {
    async *batches(draws, options) {
      const all = [...draws]
      for (let from = 0; from < all.length; from += options.size) {
        yield await makeBatch(from / options.size, all.slice(from, from + options.size), options)
      }
    },
    skipped,
    close: async () => {},
  }
}

/** What is wrong with the enhancer, not with a picture. */
const FATAL: ReadonlySet<string> = new Set(['ENGINE_RUN_FAILED', 'MODEL_OUTPUT_INVALID'])

async function enhancedChips({ preparation, enhancement }: EnhancingLoaderDeps, { item, views }: Draw) {
  const { enhancer, below } = enhancement
  const { width, height } = preparation.input
  const picture = await readPicture(item)
  const measured = measureFace(picture, item.face, preparation)
  const chips: RgbImage[] = []
  for (const view of views) {
    const wanted = item.face ? view.resolution : view.sourceResolution
    // The embedder, too, measures in whole pixels.
    const shown = Math.max(1, Math.min(wanted > 0 ? wanted : Number.POSITIVE_INFINITY, Math.round(measured)))
    if (below === undefined ? wanted > 0 : shown < below) {
      const small = smallFace(picture, item, preparation, shown)
      chips.push(resizeBilinear(await enhancer.enhance(small), width, height))
    } else chips.push(frameFace(picture, item.face, preparation, view))
  }
  return { chips, resolution: measured }
}

/** The face in as many pixels as are known of it. */
function smallFace(picture: RgbImage, { face }: FaceItem, preparation: Preparation, resolution: number): RgbImage {
  if (face === undefined) return downsample(picture, resolution)
  return downsample(frameFace(picture, face, preparation, PLAIN_VIEW), resolution)
}
