import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { SHARED } from '../../../test/fixtures/shared-models.js'
import { decodeImage } from '../../image/decode.js'
import type { RgbImage } from '../../image/rgb-image.js'
import { parseLandmarksCsv } from '../../protocols/landmarks-csv.js'
import { createRandom } from '../../random/random.js'
import type { FivePoints } from '../face.js'
import { ARCFACE_TEMPLATE, dlibChipTemplate } from '../templates.js'
import { CAUTION_OCTAVES, effectiveResolution } from './effective-resolution.js'
import { type KnownFace, type Treatment, treatFace } from './testing/known-face.js'
import { KERNELS } from './testing/resample.js'

const even = (side: number, value = 128): RgbImage => ({
  width: side,
  height: side,
  data: new Uint8Array(side * side * 3).fill(value),
})
const random = createRandom(11n)
const noisy = (side: number, deviation: number): RgbImage => {
  const data = even(side).data.map((value) =>
    Math.max(0, Math.min(255, Math.round(value + deviation * random.normal()))),
  )
  return { width: side, height: side, data }
}

describe('effective resolution', () => {
  it('goes by the size where there is nothing to be seen', () => {
    for (const chip of [even(112), even(150, 0), even(224, 255), noisy(112, 3)]) {
      expect(effectiveResolution(chip, 90)).toEqual({ pixels: 90 })
    }
  })

  it('goes by the size where the chip is smaller than those it knows', () => {
    expect(effectiveResolution(noisy(111, 60), 90)).toEqual({ pixels: 90 })
  })

  it('is never above the size', () => {
    for (const geometric of [0.5, 5, 20, 112, 3000]) {
      const { pixels, estimate } = effectiveResolution(noisy(150, 70), geometric)
      expect(pixels).toBeLessThanOrEqual(geometric)
      expect(estimate).toBeLessThanOrEqual(Math.min(geometric, 112))
    }
  })
})

const LFW = join(SHARED, 'data', 'lfw')
const FACES = 8

// The estimator was fitted to other data sets.
describe.skipIf(!existsSync(LFW))('effective resolution of real faces', () => {
  const faces: KnownFace[] = []

  beforeAll(async () => {
    const known = [...parseLandmarksCsv(readFileSync(join(LFW, 'landmarks.csv'), 'utf8'))]
    for (let i = 0; i < FACES; i++) {
      const [file, { landmarks }] = known[Math.floor((i * known.length) / FACES)] as (typeof known)[number]
      const picture = await decodeImage(readFileSync(join(LFW, 'images', file)))
      faces.push({ picture, landmarks: landmarks as unknown as FivePoints })
    }
  })

  /** @returns what every face comes to, on chips of 112 and 150 px in turn */
  const judge = (treatment: Treatment) =>
    Promise.all(
      faces.map(async (face, i) => {
        const template = i % 2 ? ARCFACE_TEMPLATE : dlibChipTemplate(150)
        const { chip, geometric } = await treatFace(face, template, treatment)
        return { ...effectiveResolution(chip, geometric), geometric }
      }),
    )
  const meanOctaves = (estimates: readonly { estimate?: number }[]) =>
    estimates.reduce((sum, { estimate = Number.NaN }) => sum + Math.log2(estimate), 0) / estimates.length

  it.each(KERNELS)('does not let 16 px pass for 128, enlarged as %s', async (enlarge) => {
    for (const quality of [undefined, 80]) {
      const found = await judge({ resolution: 16, enlargedTo: 128, enlarge, ...(quality ? { quality } : {}) })
      for (const { pixels } of found) expect(pixels).toBeLessThan(32)
      expect(Math.abs(meanOctaves(found) - 4)).toBeLessThan(0.4)
    }
  })

  it('goes by the size of faces that are what they seem', async () => {
    for (const resolution of [undefined, 64, 32, 16, 8]) {
      const found = await judge(resolution ? { resolution } : {})
      for (const { pixels, geometric } of found) expect(pixels).toBe(geometric)
    }
  })

  it('rises with the detail that is left', async () => {
    const means = []
    for (const resolution of [8, 16, 32, 64]) {
      means.push(meanOctaves(await judge({ resolution, enlargedTo: 128, enlarge: 'bicubic' })))
    }
    expect(means).toEqual(means.toSorted((a, b) => a - b))
    expect((means.at(-1) as number) - (means[0] as number)).toBeGreaterThan(2.5)
  })

  it('is not deceived by noise', async () => {
    const noise = { deviation: 4, normal: () => random.normal() }
    const found = await judge({ resolution: 16, enlargedTo: 128, enlarge: 'bicubic', noise })
    for (const { pixels, geometric } of found) expect(pixels).toBeLessThan(geometric / 2 ** CAUTION_OCTAVES)
  })

  it('counts blur as detail lost', async () => {
    const template = ARCFACE_TEMPLATE
    for (const face of faces) {
      const { chip, geometric } = await treatFace(face, template, {})
      const [sharp, soft, softer] = [chip, blurred(chip, 2), blurred(chip, 5)].map(
        (image) => effectiveResolution(image, geometric).estimate as number,
      ) as [number, number, number]
      expect(soft).toBeLessThan(sharp)
      expect(softer).toBeLessThan(soft)
    }
  })
})

/** The mean of a square of `2 * reach + 1` px, three times over: about a Gaussian. */
function blurred(image: RgbImage, reach: number): RgbImage {
  let { data } = image
  for (let time = 0; time < 3; time++) data = boxed({ ...image, data }, reach)
  return { ...image, data }
}

function boxed({ width, height, data }: RgbImage, reach: number): Uint8Array {
  const mean = (from: Uint8Array, step: number, length: number, lineOf: (i: number) => number) =>
    from.map((_, i) => {
      const at = lineOf(i)
      let sum = 0
      for (let k = -reach; k <= reach; k++) sum += from[i + (Math.max(0, Math.min(length - 1, at + k)) - at) * step]!
      return Math.round(sum / (2 * reach + 1))
    })
  const wide = mean(data, 3, width, (i) => Math.floor(i / 3) % width)
  return mean(wide, 3 * width, height, (i) => Math.floor(i / 3 / width))
}
