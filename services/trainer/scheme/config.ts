import { z } from 'zod'
import { METHODS, TRAITS } from './methods.js'

const share = z.number().min(0).max(1)
const positive = z.number().positive()
const notNegative = z.number().min(0)
const count = z.number().int().positive()
const countOrNone = z.number().int().min(0)
const exponent = z.number().int().min(0).max(12)

/** Every setting of a training. Names in text are in snake_case: see text-settings.ts. */
export const TrainingSettingsSchema = z
  .strictObject({
    method: z.enum(METHODS).describe('How the student is trained.'),
    seed: z.number().int().min(0).describe('Seed of every random choice.'),

    images: count.describe('How many images are seen in all, each view counted.'),
    batch: count.describe('Images of one step of the optimizer.'),
    microBatch: count.describe('Images that go through the network at once; gradients add up to the batch.'),
    validationEvery: count.describe('Images between two validations, which the plateau schedule counts too.'),
    validationShare: share.lt(1).describe('The share of subjects, or of faces without names, held out for validation.'),
    validationImages: count.describe('How many held-out faces a validation looks at, at most.'),

    lambda: notNegative.describe("Equation 1: the weight of the distance from the teacher's features."),
    lossReduction: z.enum(['mean', 'sum']).describe('Equation 1: how squared distances become one number.'),
    headWarmStart: z.boolean().describe("Whether the head is fitted to the base's features before the training."),

    contrastWeight: notNegative.describe(
      "crossres: the weight of InfoNCE beside the distance from the teacher's direction.",
    ),
    temperature: positive.describe('crossres: what InfoNCE divides cosines by, times the spread of the features.'),
    bankSize: countOrNone.describe("crossres: how many features of other images InfoNCE has beyond the batch's."),

    curriculum: z.enum(['linear', 'stepped', 'constant']).describe('How the share of degraded images goes.'),
    degradedShare: share.describe('The share of degraded images where the curriculum is constant.'),
    resolutions: z.enum(['exponents', 'log-uniform']).describe('How the resolution of a degraded image is drawn.'),
    lowestExponent: exponent.describe('exponents: 2^this is the lowest resolution, in pixels.'),
    highestExponent: exponent.describe('exponents: 2^this is the highest resolution, in pixels.'),
    lowestPixels: count.describe('log-uniform: the lowest resolution, in pixels.'),
    highestPixels: count.describe('log-uniform: the highest resolution, in pixels.'),
    degradeOn: z.enum(['source', 'chip']).describe("What is degraded: the picture, or the network's aligned input."),

    randomCrop: z
      .boolean()
      .describe('Whether a network whose crop has a margin sees a random part of it (224 of 256 pixels in the paper).'),
    pairedCrops: z
      .boolean()
      .describe(
        "Whether teacher and student see the same crop, greyness and mirroring; jitter is the student's alone.",
      ),
    greyProbability: share.describe('The share of images that lose their colour.'),
    flipProbability: share.describe('The share of images that are mirrored.'),
    jitterRotation: notNegative.max(180).describe('The greatest rotation either way, in degrees.'),
    jitterScale: z.number().min(0).max(0.5).describe('The greatest change of size either way, as a share.'),
    jitterShift: z.number().min(0).max(0.5).describe("The greatest shift either way, as a share of the input's side."),

    optimizer: z.enum(['sgd', 'adamw']).describe('How weights follow their gradients.'),
    learningRate: positive.describe('The rate to begin with, or the peak after the warm-up.'),
    weightDecay: notNegative.describe('sgd: added to the gradient, times the weight; adamw: decoupled.'),
    momentum: z.number().min(0).lt(1).describe('sgd: the share of the last move that is kept; no Nesterov.'),
    firstBeta: z.number().min(0).lt(1).describe('adamw: the share of the first moment that is kept.'),
    secondBeta: z.number().min(0).lt(1).describe('adamw: the share of the second moment that is kept.'),
    relativeRate: z
      .boolean()
      .describe("adamw: whether the rate is a share of each tensor's root mean square, or a difference."),
    epsilon: positive.describe('adamw: added to the root of the second moment.'),

    schedule: z.enum(['plateau', 'cosine']).describe('How the rate falls.'),
    plateauFactor: z.number().gt(1).describe('plateau: what the rate is divided by.'),
    plateauPatience: countOrNone.describe('plateau: how many validations in a row may bring nothing.'),
    plateauThreshold: notNegative.describe('plateau: by how much a loss must fall to count.'),
    plateauThresholdMode: z
      .enum(['relative', 'absolute'])
      .describe('plateau: a share of the best loss, or a difference.'),
    lowestRate: notNegative.describe('plateau: the rate never falls below.'),
    warmUpSteps: countOrNone.describe('cosine: how many steps the rate rises.'),

    anchor: notNegative.describe('How strongly weights are drawn back to the base, times the rate at each step.'),
    batchNorm: z
      .enum(['folded', 'frozen', 'updated'])
      .describe(
        "Batch normalisation: the file's statistics (folded into convolutions, or not), or those of the batches.",
      ),
    routeFrom: countOrNone.describe(
      'The result names the teacher for faces of this many pixels and more, whose features are its own; 0: never.',
    ),
    interpolation: share.describe('Where the result lies between the base (0) and the student (1).'),
  })
  .superRefine((settings, context) => {
    const refuse = (name: keyof typeof settings, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    const { batch, microBatch, images, method, curriculum } = settings
    if (batch % microBatch !== 0) refuse('microBatch', `must divide the batch of ${batch} evenly`)
    if (images < batch) refuse('images', `must be at least one batch of ${batch}`)
    if (settings.lowestExponent > settings.highestExponent) refuse('lowestExponent', 'must not exceed the highest')
    if (settings.lowestPixels > settings.highestPixels) refuse('lowestPixels', 'must not exceed the highest')
    const rises = TRAITS[method].curriculum
    if (rises && curriculum === 'constant')
      refuse('curriculum', `must rise for the method ${method}: linear or stepped`)
    if (!rises && curriculum !== 'constant') refuse('curriculum', `must be constant for the method ${method}`)
  })

/** Every setting of a training. */
export type TrainingSettings = Readonly<z.infer<typeof TrainingSettingsSchema>>
