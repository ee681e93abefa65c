// Runs in a thread of the loader: decoding and warping would hold up the training step on the main thread.
import { workerData } from 'piscina'
import sharp from 'sharp'
import { toThreadResult } from '../../config/thread-result.js'
import { preparePixels } from '../../models/prepare-pixels.js'
import { readChips } from '../read-chip.js'
import type { ChipResult, ChipTask, ChipThreadData } from './chip-task.js'

// The loader has its threads: libvips' own would only get in their way.
sharp.concurrency(1)

const { preparation } = workerData as ChipThreadData
const { input } = preparation
const length = input.width * input.height * 3

/** Reads the faces of a batch and writes each view as the network wants its pixels. */
export default function run({ draws, views }: ChipTask) {
  return toThreadResult(async (): Promise<ChipResult> => {
    const pixels = Array.from({ length: views }, () => new Float32Array(length * draws.length))
    const kept: number[] = []
    const resolutions: number[] = []
    const skipped: { path: string; reason: string }[] = []
    for (const [place, draw] of draws.entries()) {
      const read = await readChips(draw.item, draw.views, preparation)
      if ('skipped' in read) {
        skipped.push(read.skipped)
        continue
      }
      for (const [view, chip] of read.chips.entries()) {
        preparePixels(chip, input, pixels[view] as Float32Array, kept.length * length)
      }
      kept.push(place)
      resolutions.push(read.resolution)
    }
    return { kept, resolutions, skipped, pixels: pixels.map((values) => values.subarray(0, kept.length * length)) }
  })
}
