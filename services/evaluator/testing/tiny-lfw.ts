import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { landmarksOf, put, samplePicture } from '../../../libs/dataset/testing/sample-faces.js'
import { boxCrop } from '../../../libs/face/box-crop.js'
import type { Box } from '../../../libs/face/face.js'
import { decodeImage } from '../../../libs/image/decode.js'
import { encodePng } from '../../../libs/image/encode.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import { parseLandmarksCsv } from '../../../libs/protocols/landmarks-csv.js'

const NAMES = ['Ada_A', 'Bob_B', 'Cyd_C', 'Dan_D'] as const

/**
 * Writes a folder as LFW is distributed: two folds of two mated and two non-mated pairs of four subjects with two smooth pictures each,
 * which look alike within a subject, and the same landmarks in all.
 */
export async function writeTinyLfw(folder: string): Promise<void> {
  const paths: string[] = []
  for (const [subject, name] of NAMES.entries()) {
    for (const number of [1, 2]) {
      const path = `${name}/${name}_000${number}.png`
      // The first half of a subject's seed decides how it looks.
      await put(
        folder,
        `images/${path.replace('.png', '.jpg')}`,
        await encodePng(samplePicture(subject * 10 + number / 50)),
      )
      paths.push(path.replace('.png', '.jpg'))
    }
  }
  await put(folder, 'landmarks.csv', landmarksOf(paths))
  const [a, b, c, d] = NAMES
  const pairs = [
    '2\t2',
    ...[`${a}\t1\t2`, `${b}\t1\t2`, `${a}\t1\t${b}\t1`, `${a}\t2\t${c}\t1`],
    ...[`${c}\t1\t2`, `${d}\t1\t2`, `${c}\t1\t${d}\t1`, `${b}\t2\t${d}\t1`],
  ]
  await put(folder, 'pairs.txt', `${pairs.join('\n')}\n`)
}

/** A face of the tiny data set, framed step by step as a network with an 8 x 8 input and no margin sees it. */
export async function tinyLfwChip(folder: string, path: string): Promise<RgbImage> {
  const faces = parseLandmarksCsv(await readFile(join(folder, 'landmarks.csv'), 'utf8'))
  const picture = await decodeImage(await readFile(join(folder, 'images', path)))
  return boxCrop(picture, faces.get(path)?.box as Box, { margin: 0, shortestSide: 8, size: 8 })
}
