import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import type { IdentificationProtocol } from './protocol.js'
import { templateLines } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'

const open = async (folder: string) =>
  (await openProtocol({ protocol: 'scface', folder, seed: 0 })) as IdentificationProtocol[]

/** The layout of the last 45 subjects of 130, with an infrared camera. */
const PICTURES = Array.from({ length: 45 }, (_, i) => String(i + 86).padStart(3, '0')).flatMap((subject) => [
  `mugshot_frontal_cropped_all/${subject}_frontal.JPG`,
  ...[1, 2, 3].flatMap((distance) =>
    [1, 2, 3, 4, 5, 6].map(
      (camera) => `surveillance_cameras_distance_${distance}/cam_${camera}/${subject}_cam${camera}_${distance}.jpg`,
    ),
  ),
])

it("searches the test subjects' pictures among their mug shots, one protocol a distance", async () => {
  const folder = await miniature(pictures(...PICTURES))
  const protocols = await open(folder)
  expect(protocols.map(({ name }) => name)).toEqual(['scface-d1', 'scface-d2', 'scface-d3'])
  // 43 subjects of 16 pictures: the paper's 688.
  expect(new Set(protocols.flatMap(({ images }) => images.map(({ id }) => id))).size).toBe(688)

  const [far] = protocols as [IdentificationProtocol]
  const gallery = templateLines(far, far.galleries[0]?.templates ?? new Uint32Array())
  expect([gallery.length, gallery[0], gallery[42]]).toEqual([
    43,
    'mugshot_frontal_cropped_all/088_frontal.JPG (088): mugshot_frontal_cropped_all/088_frontal.JPG',
    'mugshot_frontal_cropped_all/130_frontal.JPG (130): mugshot_frontal_cropped_all/130_frontal.JPG',
  ])
  const probes = far.images.slice(43).map(({ id }) => id)
  expect(probes).toHaveLength(215)
  expect(probes.slice(0, 5)).toEqual(
    [1, 2, 3, 4, 5].map((camera) => `surveillance_cameras_distance_1/cam_${camera}/088_cam${camera}_1.jpg`),
  )
  expect(far.images[0]?.file).toBe(join(folder, 'mugshot_frontal_cropped_all/088_frontal.JPG'))
})

it('says what is missing and where it is to be had', async () => {
  const gone = 'surveillance_cameras_distance_2/cam_3/101_cam3_2.jpg'
  const folder = await miniature(pictures(...PICTURES.filter((path) => path !== gone)))
  await expect(open(folder)).rejects.toThrow(/101_cam3_2\.jpg is missing\. SCface .*https:\/\/www\.scface\.org/)
})
