import { createHash } from 'node:crypto'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { Engine, Tensor } from '../../../libs/engine/engine.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import { preparePixels } from '../../../libs/models/prepare-pixels.js'

/** Pixel values of a network's input and output: 0..1 or 0..255. */
export type PixelRange = 1 | 255

/** A super-resolution network at work. */
export interface Enhancer {
  readonly name: string
  /** SHA-256 in hex over all that decides what it makes of a picture. */
  readonly digest: string
  /** How many times as many pixels a side has afterwards, an integer >= 1. */
  readonly scale: number
  /**
   * @returns the picture, `scale` times as wide and high; values beyond the range are cut
   * @throws DomainError ENGINE_RUN_FAILED, MODEL_OUTPUT_INVALID
   */
  enhance(image: RgbImage): Promise<RgbImage>
  close(): Promise<void>
}

/** What an enhancer is made of. */
export interface EnhancerParts {
  readonly name: string
  readonly onnx: Uint8Array
  readonly range: PixelRange
  createEngine(onnx: Uint8Array): Promise<Engine>
}

type Layout = 'NCHW' | 'NHWC'

/** Raised when the same network begins to give other pictures. */
const RECIPE = 1
/** What the scale is found with: sides that differ, as a network of one fixed size or of turned axes shows then. */
const TRIAL = { width: 12, height: 8 }

/**
 * Loads a super-resolution network: one input and one output of RGB pictures, [n, 3, h, w] or [n, h, w, 3], of any size. The factor is
 * found by running it once.
 * @throws DomainError MODEL_LOAD_FAILED; MODEL_INPUT_MISMATCH where it takes something else; MODEL_OUTPUT_INVALID where it answers no
 *   picture of a whole multiple of the size
 */
export async function createEnhancer({ name, onnx, range, createEngine }: EnhancerParts): Promise<Enhancer> {
  const digest = createHash('sha256')
    .update(JSON.stringify([RECIPE, range]))
    .update(onnx)
    .digest('hex')
  const engine = await createEngine(onnx)
  try {
    const layout = layoutOf(name, engine)
    const run = createRun(name, engine, layout, range)
    const { width, height } = await run({ ...TRIAL, data: new Uint8Array(TRIAL.width * TRIAL.height * 3).fill(128) })
    const scale = width / TRIAL.width
    if (!Number.isInteger(scale) || scale < 1 || height / TRIAL.height !== scale) {
      throw wrongOutput(name, `it makes ${width} x ${height} pixels of ${TRIAL.width} x ${TRIAL.height}`)
    }
    return { name, digest, scale, enhance: run, close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }
}

function layoutOf(name: string, { inputs, outputs }: Engine): Layout {
  const [input, ...others] = inputs
  const refuse = (problem: string) =>
    new DomainError(
      'MODEL_INPUT_MISMATCH',
      `${name} cannot enhance pictures: ${problem}. Take a network of RGB pictures of any size, [n, 3, height, width] or [n, height, width, 3], exported with dynamic axes.`,
      { model: name },
    )
  if (!input || others.length > 0 || outputs.length !== 1) {
    throw refuse(`it has ${inputs.length} inputs and ${outputs.length} outputs instead of one each`)
  }
  const { dims } = input
  const layout: Layout | undefined =
    dims.length !== 4 ? undefined : dims[1] === 3 ? 'NCHW' : dims[3] === 3 ? 'NHWC' : undefined
  if (layout === undefined) throw refuse(`its input is [${dims.map((dim) => dim ?? '?').join(', ')}]`)
  const sides = layout === 'NCHW' ? dims.slice(2) : dims.slice(1, 3)
  if (sides.some((side) => side !== null)) throw refuse(`it takes pictures of ${sides.join(' x ')} pixels only`)
  return layout
}

function createRun(name: string, engine: Engine, layout: Layout, range: PixelRange) {
  const [input, output] = [engine.inputs[0]?.name ?? '', engine.outputs[0]?.name ?? '']
  const unit = 255 / range
  return async (image: RgbImage): Promise<RgbImage> => {
    const { width, height } = image
    const data = new Float32Array(width * height * 3)
    const scale = [1 / unit, 1 / unit, 1 / unit] as const
    preparePixels(image, { width, height, layout, colourOrder: 'RGB', mean: [0, 0, 0], scale: [...scale] }, data, 0)
    const dims = layout === 'NCHW' ? [1, 3, height, width] : [1, height, width, 3]
    const { [output]: answer } = await engine.run({ [input]: { dims, data } })
    return pictureOf(name, answer, layout, unit)
  }
}

function pictureOf(name: string, answer: Tensor | undefined, layout: Layout, unit: number): RgbImage {
  const { dims = [], data = new Float32Array() } = answer ?? {}
  const [count, a = 0, b = 0, c = 0] = dims
  const [channels, height, width] = layout === 'NCHW' ? [a, b, c] : [c, a, b]
  if (dims.length !== 4 || count !== 1 || channels !== 3) throw wrongOutput(name, `it answers [${dims.join(', ')}]`)
  const area = width * height
  const [stride, plane] = layout === 'NCHW' ? [1, area] : [3, 1]
  const pixels = new Uint8Array(area * 3)
  for (let place = 0; place < area; place++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = (data[place * stride + channel * plane] as number) * unit
      // NaN, too, is no pixel: it becomes 0 as an array of bytes has it.
      pixels[place * 3 + channel] = Math.min(255, Math.max(0, Math.round(value)))
    }
  }
  return { width, height, data: pixels }
}

function wrongOutput(name: string, problem: string): DomainError {
  const message = `${name} cannot enhance pictures: ${problem}. Take a network that makes one RGB picture, a whole number of times as wide and high, of another.`
  return new DomainError('MODEL_OUTPUT_INVALID', message, { model: name })
}
