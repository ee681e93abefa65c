import { z } from 'zod'

const Triple = z.tuple([z.number(), z.number(), z.number()])
const PointPair = z.tuple([z.number(), z.number()])
const Version = z.string().regex(/^[0-9a-f]{12}$/)

/** How a network wants its pixels: value = (pixel - mean) * scale, by channel in the colour order; pixels are 0..255. */
const InputSchema = z.strictObject({
  width: z.int().positive(),
  height: z.int().positive(),
  colourOrder: z.enum(['RGB', 'BGR']),
  mean: Triple,
  scale: Triple,
  layout: z.enum(['NCHW', 'NHWC']),
})

/** How a network wants its faces framed. */
const CropSchema = z.discriminatedUnion('kind', [
  /** The five landmarks are moved onto these points of the input by a similarity transform. */
  z.strictObject({
    kind: z.literal('alignment'),
    template: z.tuple([PointPair, PointPair, PointPair, PointPair, PointPair]),
  }),
  /** The box grows by `margin` of its size, its shortest side is brought to `resize` pixels, the centre is cut out. */
  z.strictObject({ kind: z.literal('margin'), margin: z.number().min(0), resize: z.int().positive() }),
])

/** Scores turned into error rates, by resolution band: see libs/calibration. */
const CalibrationSchema = z.strictObject({
  bands: z.array(
    z.strictObject({
      /** Upper edge in pixels; 0 is full resolution. */
      resolution: z.int().min(0),
      /** False match rate of a threshold at a score, by falling score; straight between points in the rate's logarithm. */
      curve: z.array(z.strictObject({ score: z.number(), fmr: z.number().min(0).max(1) })),
      /** False non-match rate at a score, by falling score: tells whether a target is of use. */
      misses: z.array(z.strictObject({ score: z.number(), fnmr: z.number().min(0).max(1) })),
      /** Comparisons of different subjects behind the curve. */
      impostors: z.int().min(0),
      /** Comparisons of a subject with itself behind the misses. */
      mated: z.int().min(0).optional(),
    }),
  ),
  /** Digest of the data that it was fitted on. */
  dataset: z.string(),
  /** Subjects that it was fitted on. */
  subjects: z.int().min(0).optional(),
  /** Of the drawing of those subjects. */
  seed: z.int().min(0).optional(),
})

/**
 * A second network in the same feature space, for faces of `from` pixels or more, and of less than `below` where that is stated.
 * It must have the same preparation and dimension; it runs in place of the model's own, under the model's own version.
 */
const RouteSchema = z.strictObject({
  from: z.int().min(0),
  below: z.int().positive().optional(),
  model: z.string().min(1),
  version: Version,
})

/** The card that travels with a network: all that is needed to use it, and what is known of it. */
export const ModelCardSchema = z.strictObject({
  schema: z.literal(1),
  input: InputSchema,
  crop: CropSchema,
  inputName: z.string().min(1),
  outputName: z.string().min(1),
  dimension: z.int().positive(),
  /** Whether the network's own output has length one. */
  normalises: z.boolean(),
  /** 'one' for files that cannot be run on more than one face at once. */
  batch: z.enum(['dynamic', 'one']),
  licence: z.string().min(1),
  origin: z.string().min(1),
  /** Version it was trained from. */
  parentVersion: Version.optional(),
  /** The configuration it was trained with. */
  training: z.record(z.string(), z.unknown()).optional(),
  /** Figures of its evaluation, by name. */
  evaluation: z.record(z.string(), z.unknown()).optional(),
  calibration: CalibrationSchema.optional(),
  /** Bands of face resolution, in pixels, that another network takes over. */
  routing: z.array(RouteSchema).optional(),
})

/** See ModelCardSchema. */
export type ModelCard = z.infer<typeof ModelCardSchema>
/** See ModelCardSchema. */
export type ModelInput = ModelCard['input']
/** See CalibrationSchema. */
export type Calibration = z.infer<typeof CalibrationSchema>
/** See RouteSchema. */
export type ModelRoute = z.infer<typeof RouteSchema>
/** The part of a card that decides what the network sees: together with the network it makes embeddings comparable. */
export type Preparation = Pick<ModelCard, 'input' | 'crop'>
