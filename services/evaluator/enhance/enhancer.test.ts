import { describe, expect, it } from 'vitest'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import { float } from '../../../libs/onnx/attributes.js'
import { createGraphBuilder } from '../../../libs/onnx/graph-builder.js'
import { writeOnnx } from '../../../libs/onnx/write-onnx.js'
import { createEnhancer, type PixelRange } from './enhancer.js'
import { repeatPixels } from './testing/repeat-pixels.js'

const open = (onnx: Uint8Array, range: PixelRange = 1) =>
  createEnhancer({ name: 'net.onnx', onnx, range, createEngine: (model) => createSessionEngine({ model }) })

/** All 256 values of a pixel, none equal to its neighbour's. */
const picture: RgbImage = {
  width: 18,
  height: 5,
  data: Uint8Array.from({ length: 18 * 5 * 3 }, (_, i) => (i * 37) % 256),
}

/** @returns the picture with each pixel `factor` times in either direction */
function repeated({ width, height, data }: RgbImage, factor: number): RgbImage {
  const wide = width * factor
  const pixels = new Uint8Array(wide * height * factor * 3)
  for (let i = 0; i < pixels.length; i++) {
    const [place, channel] = [Math.floor(i / 3), i % 3]
    const [x, y] = [Math.floor((place % wide) / factor), Math.floor(Math.floor(place / wide) / factor)]
    pixels[i] = data[(y * width + x) * 3 + channel] as number
  }
  return { width: wide, height: height * factor, data: pixels }
}

/** @returns a network that multiplies every value, and answers as large a picture */
function multiply(factor: number): Uint8Array {
  const graph = createGraphBuilder('multiply')
  const x = graph.input('x', ['n', 3, 'h', 'w'])
  const scaled = graph.node('Mul', [x, graph.floats('factor', [1], Float32Array.of(factor))])
  // Above 100 where the values are 0..255, never where they are 0..1: shows which range the network saw.
  graph.node('ThresholdedRelu', [scaled], [float('alpha', 100)], 'y')
  graph.output('y', ['n', 3, 'h', 'w'])
  return writeOnnx(graph.build())
}

describe('createEnhancer', () => {
  it.each([
    ['NCHW', 2, 1],
    ['NHWC', 3, 1],
    ['NCHW', 4, 255],
  ] as const)('finds layout %s and factor %i, and keeps every pixel', async (layout, factor, range) => {
    const enhancer = await open(repeatPixels({ layout, factors: [factor, factor] }), range)
    expect(enhancer.scale).toBe(factor)
    expect(await enhancer.enhance(picture)).toEqual(repeated(picture, factor))
    await enhancer.close()
  })

  it('gives values in the range that is stated, and cuts what goes beyond it', async () => {
    const whole = await open(multiply(2), 255)
    const grey = { width: 2, height: 1, data: Uint8Array.of(10, 49, 51, 60, 127, 200) }
    expect([...(await whole.enhance(grey)).data]).toEqual([0, 0, 102, 120, 254, 255])
    const unit = await open(multiply(2), 1)
    expect([...(await unit.enhance(grey)).data]).toEqual([0, 0, 0, 0, 0, 0])
    expect(unit.digest).not.toBe(whole.digest)
    await Promise.all([whole.close(), unit.close()])
  })

  it.each([
    ['a fixed size', repeatPixels({ sides: [16, 16] }), 'MODEL_INPUT_MISMATCH', '16 x 16'],
    ['sides that grow differently', repeatPixels({ factors: [2, 3] }), 'MODEL_OUTPUT_INVALID', '36 x 16'],
    ['a part of a pixel', repeatPixels({ factors: [1.5, 1.5] }), 'MODEL_OUTPUT_INVALID', '18 x 12'],
  ])('refuses %s', async (_, onnx, reason, named) => {
    await expect(open(onnx)).rejects.toMatchObject({ reason, message: expect.stringContaining(named) })
  })
})
