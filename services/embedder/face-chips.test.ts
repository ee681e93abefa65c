import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { FaceDetector } from '../../libs/face/face-detector.js'
import { decodeImage } from '../../libs/image/decode.js'
import { resizeBilinear } from '../../libs/image/resize-bilinear.js'
import type { RgbImage } from '../../libs/image/rgb-image.js'
import { PRESETS } from '../../libs/models/presets.js'
import { samplePhotograph } from '../../test/fixtures/sample-faces.js'
import { type FaceQuery, faceChips } from './face-chips.js'

const QUERY: FaceQuery = {
  faces: FaceSelection.WHOLE_IMAGE,
  regions: [],
  minDetectionScore: undefined,
  maxFaces: 0,
  minFaceResolution: 0,
}
/** WHOLE_IMAGE and GIVEN look for no faces. */
const noDetector: FaceDetector = {
  detect: () => Promise.reject(new Error('The detector was called.')),
}

let photograph: RgbImage
beforeAll(async () => {
  const file = await sharp(await samplePhotograph(1))
    .resize(256, 256, { fit: 'cover' })
    .png()
    .toBuffer()
  photograph = await decodeImage(file)
})

const only = async (image: RgbImage, preset: 'face-api' | 'insightface', query: Partial<FaceQuery> = {}) => {
  const [chip, ...more] = await faceChips(image, { ...QUERY, ...query }, PRESETS[preset], noDetector)
  if (!chip || more.length > 0) throw new Error(`${more.length} more faces`)
  return chip
}

describe.each(['face-api', 'insightface'] as const)('the resolution of a picture for %s', (preset) => {
  it('is its size', async () => {
    for (const side of [16, 48, 256]) {
      const { resolution, pictureResolution } = await only(resizeBilinear(photograph, side, side), preset)
      expect([resolution, pictureResolution]).toEqual([side, side])
    }
  })

  it('is lower where the picture was enlarged', async () => {
    const enlarged = resizeBilinear(resizeBilinear(photograph, 16, 16), 256, 256)
    const { resolution, pictureResolution, effectiveResolution } = await only(enlarged, preset)
    expect(pictureResolution).toBe(256)
    expect(resolution).toBe(effectiveResolution)
    expect(Math.abs(Math.log2(resolution / 16))).toBeLessThan(0.75)
  })
})

it('leaves out a face that was enlarged to the resolution asked for', async () => {
  const region = {
    box: { x: 0, y: 0, width: 256, height: 256 },
    // Five points of a face that fills the picture as the chip does.
    landmarks: PRESETS.insightface.crop.kind === 'alignment' ? points(PRESETS.insightface.crop.template) : [],
    detectionScore: 1,
  }
  const query = { faces: FaceSelection.GIVEN, regions: [region], minFaceResolution: 64 }
  expect((await only(photograph, 'insightface', query)).resolution).toBeCloseTo(256, 6)
  const enlarged = resizeBilinear(resizeBilinear(photograph, 16, 16), 256, 256)
  await expect(only(enlarged, 'insightface', query)).rejects.toMatchObject({ reason: 'FACE_NOT_FOUND' })
})

function points(template: readonly (readonly [number, number])[]) {
  return template.map(([x, y]) => ({ x: (x * 256) / 112, y: (y * 256) / 112 }))
}
