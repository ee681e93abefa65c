// Runs in a thread of the loader: decoding and warping would hold up the training step on the main thread.
import { workerData } from 'piscina'
import sharp from 'sharp'
import { toThreadResult } from '../../../libs/config/thread-result.js'
import { readChips } from '../../../libs/dataset/read-chip.js'
import { preparePixels } from '../../../libs/models/prepare-pixels.js'
import type { ChipResult, ChipTask, ChipThreadData } from './chip-task.js'

// The loader has its threads: libvips' own would only get in their way.
sharp.concurrency(1)

const { preparation } = workerData as ChipThreadData
const { input } = preparation
const length = input.width * input.height * 3

/** Reads a face and writes each view as the network wants its pixels. */
export default function run({ item, views }: ChipTask) {
  return toThreadResult(async (): Promise<ChipResult> => {
    const read = await readChips(item, views, preparation)
    if ('skipped' in read) return read
    const pixels = new Float32Array(length * views.length)
    for (const [i, chip] of read.chips.entries()) preparePixels(chip, input, pixels, i * length)
    return { pixels }
  })
}
