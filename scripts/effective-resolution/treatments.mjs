import { KERNELS } from '../../dist/libs/face/effective-resolution/testing/resample.js'
import { ARCFACE_TEMPLATE, dlibChipTemplate } from '../../dist/libs/face/templates.js'

/** Chips of the sizes that networks take. */
export const TEMPLATES = [ARCFACE_TEMPLATE, dlibChipTemplate(150), dlibChipTemplate(224)]

/** Enlarged pictures are no larger than this, which is more than any chip shows. */
const LARGEST = 270

/**
 * Draws what happens to a face on its way: made small or not, compressed, enlarged or sent small, noise, contrast, compressed again.
 * @param before pixels that the chip shows of the picture as it is
 */
export function drawTreatment(random, before) {
  const pick = (list) => list[random.integer(0, list.length - 1)]
  const logUniform = (low, high) => 2 ** random.uniform(Math.log2(low), Math.log2(high))
  const treatment = {}
  let resolution = before
  if (random.uniform() < 0.8) {
    resolution = treatment.resolution = logUniform(6.5, before)
    treatment.shrink = pick(KERNELS.filter((kernel) => kernel !== 'nearest'))
    if (random.uniform() < 0.3 && resolution < 100) treatment.smallQuality = random.integer(60, 95)
    if (random.uniform() < 0.7 && resolution * 1.2 < LARGEST) {
      treatment.enlargedTo = logUniform(resolution * 1.2, LARGEST)
      treatment.enlarge = pick(KERNELS)
    }
  }
  if (random.uniform() < 0.5) treatment.quality = random.integer(50, 97)
  if (random.uniform() < 0.4) treatment.contrast = random.uniform(0.4, 1.1)
  if (random.uniform() < 0.3) {
    treatment.noise = { deviation: random.uniform(0.5, 5), normal: () => random.normal() }
  }
  return treatment
}
