import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chipResolution } from '../../dist/libs/face/face-resolution.js'
import { ARCFACE_TEMPLATE } from '../../dist/libs/face/templates.js'
import { decodeImage } from '../../dist/libs/image/decode.js'

/**
 * Faces of a folder with one folder a subject and `landmarks.csv` (file, score, box, five points), those of 112 px and more.
 * Of two folders' halves no subject is in both.
 *
 * @param part 'fit', 'check' (the subjects that are not in 'fit') or 'all'
 */
export function listFaces(folder, part) {
  const images = existsSync(join(folder, 'images')) ? join(folder, 'images') : folder
  const [, ...lines] = readFileSync(join(folder, 'landmarks.csv'), 'utf8').trim().split('\n')
  return lines.flatMap((line) => {
    const [file, , , , , , ...numbers] = line.split(',')
    const landmarks = [0, 2, 4, 6, 8].map((i) => ({ x: Number(numbers[i]), y: Number(numbers[i + 1]) }))
    const half = createHash('sha256').update(file.split('/')[0]).digest()[0] % 2 === 0 ? 'fit' : 'check'
    const wanted = part === 'all' || part === half
    return wanted && isLarge(landmarks) ? [{ path: join(images, file), landmarks }] : []
  })
}

function isLarge(landmarks) {
  try {
    return chipResolution(landmarks, ARCFACE_TEMPLATE) >= ARCFACE_TEMPLATE.width
  } catch {
    return false
  }
}

/** @returns the face with its picture */
export async function readFace({ path, landmarks }) {
  return { picture: await decodeImage(readFileSync(path)), landmarks }
}
