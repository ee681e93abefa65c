import type { TrainingSettings } from './config.js'
import { type Method, TRAITS } from './methods.js'

/** Named sets of settings. */
export const PRESETS = ['paper', 'default'] as const

/** One of {@link PRESETS}. */
export type Preset = (typeof PRESETS)[number]

/**
 * The paper's values (section 5) and, where it says nothing or leaves a choice, those of its published code.
 * What neither states has the reason beside it.
 */
const PAPER = {
  seed: 0,
  // Not stated. Its code's share of degraded images, 0.1 and 0.1 more per 35,000 images, reaches 1 and stays for one more step.
  images: 350_000,
  batch: 256,
  microBatch: 32,
  validationEvery: 3_500,
  validationShare: 0.1,
  validationImages: 500,
  lambda: 0.1,
  // The equation prints a sum; the code that gave the paper's figures computes a mean, to which lambda 0.1 belongs.
  lossReduction: 'mean',
  headWarmStart: false,
  curriculum: 'linear',
  // Of methods without a curriculum: "a fixed frequency", which is not stated.
  degradedShare: 0.5,
  resolutions: 'exponents',
  // The code never draws 8; the paper does.
  lowestExponent: 3,
  highestExponent: 8,
  degradeOn: 'source',
  randomCrop: true,
  pairedCrops: false,
  greyProbability: 0.2,
  flipProbability: 0,
  jitterRotation: 0,
  jitterScale: 0,
  jitterShift: 0,
  optimizer: 'sgd',
  learningRate: 1e-3,
  // The code says 5e-4.
  weightDecay: 1e-5,
  momentum: 0.9,
  schedule: 'plateau',
  // The code says 2.
  plateauFactor: 5,
  plateauPatience: 10,
  plateauThreshold: 0.1,
  plateauThresholdMode: 'relative',
  lowestRate: 1e-7,
  anchor: 0,
  batchNorm: 'folded',
  routeFrom: 0,
  interpolation: 1,
  // Of other methods and optimizers: not used.
  contrastWeight: 0,
  temperature: 0.1,
  bankSize: 0,
  lowestPixels: 8,
  highestPixels: 256,
  firstBeta: 0.9,
  secondBeta: 0.999,
  relativeRate: false,
  epsilon: 1e-8,
  warmUpSteps: 0,
} as const satisfies Omit<TrainingSettings, 'method'>

/** The paper's methods where data and time are a user's: each departure from the paper has its reason. */
const PAPER_METHODS = {
  ...PAPER,
  // Fewer than the paper's: meant for small machines and small sets of faces.
  images: 64_000,
  validationEvery: 3_200,
  // A head of random weights over thousands of images rather than millions costs the features more than it teaches them.
  headWarmStart: true,
  // 20 validations are all there are: a patience of 10 would see one plateau at most.
  plateauPatience: 2,
  plateauThreshold: 0.01,
} as const satisfies Omit<TrainingSettings, 'method'>

/** The recipe that did best in trials: none of the paper's values stands where it says otherwise. */
const CROSSRES = {
  ...PAPER,
  images: 57_600,
  // More and smaller steps: the run is short.
  batch: 64,
  validationEvery: 6_400,
  // The lower the resolution, the more a face gains from being told from others rather than drawn to its own feature alone.
  contrastWeight: 2,
  temperature: 0.1,
  bankSize: 512,
  // Full resolution stays in view throughout, since a curriculum that ends at 1 forgets it.
  curriculum: 'constant',
  degradedShare: 0.8,
  // Every octave from 6 px equally: exponents up to 8 would leave half of the images as sharp as they were.
  resolutions: 'log-uniform',
  lowestPixels: 6,
  highestPixels: 48,
  // On the aligned input a resolution means the same for every image, whatever the face's size in its picture.
  degradeOn: 'chip',
  randomCrop: false,
  // What differs between the two views is what the student learns to see through: resolution and bad alignment, nothing else.
  pairedCrops: true,
  greyProbability: 0,
  flipProbability: 0.5,
  jitterRotation: 4,
  jitterScale: 0.06,
  jitterShift: 0.035,
  // SGD at 0.05 came close, but needs its rate found for each network anew.
  optimizer: 'adamw',
  // A share of each tensor's size: an absolute rate that suits one layer of a network with folded batch norm tears up another.
  relativeRate: true,
  learningRate: 5e-3,
  weightDecay: 0.01,
  // The second moment of a few hundred steps: 0.999 would remember the first of them to the end.
  secondBeta: 0.99,
  // The length of the run is known, so nothing has to find its plateaus.
  schedule: 'cosine',
  warmUpSteps: 20,
  // From here on the teacher has nothing to learn from its student: on held-out subjects it is ahead at 48 px, at 32 px it is not.
  routeFrom: 40,
  // A student may go far at a high rate and come back a part of the way: at 16 and 24 px that beats both a shy one and the end itself.
  interpolation: 0.7,
} as const satisfies Omit<TrainingSettings, 'method'>

/**
 * The settings of a preset for a method.
 * @returns them, or undefined where the preset has none: "paper" for crossres, which is not the paper's
 */
export function presetSettings(preset: Preset, method: Method): TrainingSettings | undefined {
  if (method === 'crossres') return preset === 'paper' ? undefined : { ...CROSSRES, method }
  const settings = preset === 'paper' ? PAPER : PAPER_METHODS
  const { curriculum, start } = TRAITS[method]
  return {
    ...settings,
    method,
    curriculum: curriculum ? settings.curriculum : 'constant',
    // Random weights have no statistics to keep.
    batchNorm: start === 'random' ? 'updated' : settings.batchNorm,
  }
}
