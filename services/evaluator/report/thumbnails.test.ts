import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  landmarksOf,
  newFolder,
  put,
  samplePicture,
  writeSubjects,
} from '../../../libs/dataset/testing/sample-faces.js'
import { boxCrop } from '../../../libs/face/box-crop.js'
import { decodeImage } from '../../../libs/image/decode.js'
import { degrade } from '../../../libs/image/degrade.js'
import { encodePng } from '../../../libs/image/encode.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import type { LocatedFace } from '../faces/locate-task.js'
import { openThumbnails } from './thumbnails.js'

const BOX = { x: 10, y: 12, width: 70, height: 80 }

let folder: string
beforeAll(async () => {
  folder = await newFolder()
  const paths = await writeSubjects(folder, 2, 2)
  // Of the first picture of `a` nobody has said where the face is.
  await put(folder, 'landmarks.csv', landmarksOf(paths.slice(1)))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function open(faces: 'largest' | 'whole', located: LocatedFace = { reason: 'FACE_NOT_FOUND' }) {
  const locator = { locate: async () => located, close: async () => {} }
  const { signal } = new AbortController()
  const thumbnails = await openThumbnails(locator, { protocol: 'folder', folder, seed: 0, faces, signal })
  return async (template: string, resolution: number) => {
    const jpeg = await thumbnails.of('folder-closed-set', template, resolution)
    return jpeg && decodeImage(jpeg)
  }
}

const face = (seed: number) => boxCrop(samplePicture(seed), BOX, { margin: 0.3, shortestSide: 96, size: 96 })

/** Mean difference of pixel values. */
function distance(a: RgbImage | undefined, b: RgbImage): number {
  expect([a?.width, a?.height]).toEqual([b.width, b.height])
  return b.data.reduce((sum, value, i) => sum + Math.abs(value - (a?.data[i] ?? 0)), 0) / b.data.length
}

it('shows the face of a template’s first picture, degraded as it is compared', async () => {
  const of = await open('largest')
  const sharp = face(10)
  expect(distance(await of('b', 0), sharp)).toBeLessThan(3)
  expect(distance(await of('b', 8), degrade(sharp, 8))).toBeLessThan(3)
  expect(distance(await of('b', 8), sharp)).toBeGreaterThan(5)
  expect(distance(await of('a/1.jpg', 0), face(1))).toBeLessThan(6)
})

it('finds the face where nobody has said where it is, and shows none where there is none', async () => {
  expect(await (await open('largest'))('a', 0)).toBeUndefined()
  const landmarks = Array.from({ length: 5 }, () => ({ x: 0, y: 0 }))
  const found = await open('largest', { face: { box: BOX, landmarks } })
  expect(distance(await found('a', 0), face(0))).toBeLessThan(3)
})

it('shows pictures whole where they are compared whole', async () => {
  const picture = await (await open('whole'))('a', 0)
  expect([picture?.width, picture?.height]).toEqual([86, 96])
})

it('has nothing to show of other templates, or of files that are no pictures', async () => {
  const of = await open('whole')
  expect(await of('nobody', 0)).toBeUndefined()
  await writeFile(join(folder, 'b', '0.png'), 'no picture')
  expect(await of('b', 0)).toBeUndefined()
  await writeFile(join(folder, 'b', '0.png'), await encodePng(samplePicture(10)))
})
