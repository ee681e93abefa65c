import { type ChipView, PLAIN_VIEW } from '../../../libs/dataset/augment.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import type { Draw } from '../../../libs/dataset/loader/loader.js'
import type { Preparation } from '../../../libs/models/model-card.js'
import { createRandom, type Random } from '../../../libs/random/random.js'
import type { TrainingSettings } from '../scheme/config.js'
import { type Curriculum, degradedShare, drawDegradation, type Resolutions } from '../scheme/curriculum.js'
import { TRAITS } from '../scheme/methods.js'

/** What draws are made from. */
export interface DrawOptions {
  readonly items: readonly FaceItem[]
  readonly settings: TrainingSettings
  readonly preparation: Preparation
  readonly totalSteps: number
}

/**
 * What each image of a training shows, from a step on. Every choice depends on the seed and the image's place in the training alone,
 * so that a resumed training draws what the unbroken one would have drawn. Each epoch shows every item once, in a new order.
 *
 * @returns draws without end; each has the teacher's view first where the method has a teacher, then the student's
 */
export function* drawsFrom(step: number, options: DrawOptions): Generator<Draw> {
  const { items, settings, totalSteps } = options
  const { batch, seed } = settings
  let epoch = -1
  let order: number[] = []
  for (let image = step * batch; ; image++) {
    if (Math.floor(image / items.length) !== epoch) {
      epoch = Math.floor(image / items.length)
      order = items.map((_, i) => i)
      streamOf(seed, 'order', epoch).shuffle(order)
    }
    const at = Math.floor(image / batch)
    const share = degradedShare(curriculumOf(settings), { step: at, totalSteps, images: at * batch })
    const item = items[order[image % items.length] as number] as FaceItem
    yield { item, views: drawViews(streamOf(seed, 'view', image), share, options) }
  }
}

/** The settings' curriculum. */
export function curriculumOf({ curriculum, degradedShare }: TrainingSettings): Curriculum {
  return curriculum === 'constant' ? { kind: 'constant', share: degradedShare } : { kind: curriculum }
}

function drawViews(random: Random, share: number, { settings, preparation }: DrawOptions): ChipView[] {
  const student = drawCrop(random, settings, preparation)
  const other = drawCrop(random, settings, preparation)
  const jitter = drawJitter(random, settings)
  const resolution = drawDegradation(random, share, resolutionsOf(settings)) ?? 0
  const shown: ChipView = {
    ...student,
    rotation: jitter.rotation,
    scale: jitter.scale,
    shiftX: student.shiftX + jitter.shiftX,
    shiftY: student.shiftY + jitter.shiftY,
    ...(settings.degradeOn === 'chip' ? { resolution } : { sourceResolution: resolution }),
  }
  if (!TRAITS[settings.method].teacher) return [shown]
  // Jitter stands for a bad alignment: the student is to see through it, so the teacher never has it.
  return [settings.pairedCrops ? student : other, shown]
}

/** The choices that teacher and student share where crops are paired. */
function drawCrop(random: Random, settings: TrainingSettings, { input, crop }: Preparation): ChipView {
  // The paper's random 224 of 256 pixels, as a move of the input; a network that aligns its faces has no margin to move in.
  const most = settings.randomCrop && crop.kind === 'margin' ? (crop.resize - input.width) / 2 / input.width : 0
  return {
    ...PLAIN_VIEW,
    shiftX: random.uniform(-most, most),
    shiftY: random.uniform(-most, most),
    grey: random.uniform() < settings.greyProbability,
    flip: random.uniform() < settings.flipProbability,
  }
}

function drawJitter(random: Random, { jitterRotation, jitterScale, jitterShift }: TrainingSettings) {
  return {
    rotation: random.uniform(-jitterRotation, jitterRotation),
    scale: Math.exp(random.uniform(-1, 1) * Math.log1p(jitterScale)),
    shiftX: random.uniform(-jitterShift, jitterShift),
    shiftY: random.uniform(-jitterShift, jitterShift),
  }
}

function resolutionsOf(settings: TrainingSettings): Resolutions {
  return settings.resolutions === 'exponents'
    ? { kind: 'exponents', lowest: settings.lowestExponent, highest: settings.highestExponent }
    : { kind: 'log-uniform', lowest: settings.lowestPixels, highest: settings.highestPixels }
}

/** A generator of its own for each use and place. */
function streamOf(seed: number, use: 'order' | 'view', place: number): Random {
  const uses = { order: 1n, view: 2n }
  return createRandom((BigInt(seed) << 42n) ^ (uses[use] << 40n) ^ BigInt(place))
}
