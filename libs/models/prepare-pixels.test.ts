import { describe, expect, it } from 'vitest'
import { preparePixels } from './prepare-pixels.js'
import { PRESETS } from './presets.js'

/** Two pixels: red 10, green 20, blue 30, and 40, 50, 60. */
const image = { width: 2, height: 1, data: Uint8Array.from([10, 20, 30, 40, 50, 60]) }
const input = {
  width: 2,
  height: 1,
  colourOrder: 'RGB',
  mean: [1, 2, 3] as [number, number, number],
  scale: [1, 10, 100] as [number, number, number],
  layout: 'NCHW',
} as const

describe('preparePixels', () => {
  it('knows both colour orders and both layouts; mean and scale are in the colour order', () => {
    const prepare = (changes: Partial<Pick<Parameters<typeof preparePixels>[1], 'colourOrder' | 'layout'>>) => {
      const target = new Float32Array(6)
      preparePixels(image, { ...input, ...changes }, target, 0)
      return [...target]
    }
    expect(prepare({})).toEqual([9, 39, 180, 480, 2700, 5700])
    expect(prepare({ layout: 'NHWC' })).toEqual([9, 180, 2700, 39, 480, 5700])
    expect(prepare({ colourOrder: 'BGR' })).toEqual([29, 59, 180, 480, 700, 3700])
    expect(prepare({ colourOrder: 'BGR', layout: 'NHWC' })).toEqual([29, 180, 700, 59, 480, 3700])
  })

  it('writes at its place in a batch and nowhere else', () => {
    const target = new Float32Array(18).fill(-1)
    preparePixels(image, input, target, 6)
    expect([...target.subarray(0, 6), ...target.subarray(12)]).toEqual(Array(12).fill(-1))
    expect([...target.subarray(6, 12)]).toEqual([9, 39, 180, 480, 2700, 5700])
  })

  it('refuses a picture of another size', () => {
    expect(() => preparePixels({ ...image, width: 1, height: 2 }, input, new Float32Array(6), 0)).toThrow(
      expect.objectContaining({ reason: 'CHIP_SIZE_MISMATCH' }),
    )
  })

  it('does what the families of networks state, at black, grey and white', () => {
    const values = (preset: keyof typeof PRESETS, grey: number) => {
      const wanted = PRESETS[preset].input
      const pixels = wanted.width * wanted.height
      const target = new Float32Array(pixels * 3)
      preparePixels({ ...wanted, data: new Uint8Array(pixels * 3).fill(grey) }, wanted, target, 0)
      return [target[0], target[pixels], target[2 * pixels]] as number[]
    }
    const close = (found: number[], wanted: number[]) =>
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i] as number, 4)
      })
    close(values('insightface', 0), [-1, -1, -1])
    close(values('adaface', 255), [1, 1, 1])
    close(values('mobilefacenet', 255), [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
    close(values('face-api', 128), [(128 - 122.782) / 256, (128 - 117.001) / 256, (128 - 104.298) / 256])
    close(values('vggface2-se-resnet-50', 0), [-91.4953, -103.8827, -131.0912])
  })
})
