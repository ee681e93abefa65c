import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encodeJpeg, encodePng } from '../../image/encode.js'
import type { RgbImage } from '../../image/rgb-image.js'

/** A new, empty folder. */
export const newFolder = () => mkdtemp(join(tmpdir(), 'crossres-faces-'))

/** A smooth picture that differs with `seed` everywhere. */
export function samplePicture(seed: number, width = 90, height = 100): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    data[i] = 128 + 100 * Math.sin(x / 9 + seed + (i % 3)) * Math.cos(y / 11 + seed * 2)
  }
  return { width, height, data }
}

/** Writes a file into a folder that is made where needed. */
export async function put(folder: string, path: string, content: Uint8Array | string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

/** Landmarks of a face in a 90 x 100 picture, slightly turned; box first. */
const ROW = '0.99,10,12,70,80,30,42,61,46,45,60,31,75,56,78'
const HEADER =
  'file,score,x,y,width,height,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y'

/** A landmarks file that knows the same face in every picture. */
export const landmarksOf = (paths: readonly string[]) => [HEADER, ...paths.map((path) => `${path},${ROW}`)].join('\n')

/** Writes subject folders `a`, `b`, ... with pictures `0.png` or `.jpg`. @returns paths in the order of a dataset */
export async function writeSubjects(folder: string, subjects: number, pictures: number): Promise<string[]> {
  const paths: string[] = []
  for (let s = 0; s < subjects; s++) {
    for (let p = 0; p < pictures; p++) {
      const path = `${String.fromCharCode(97 + s)}/${p}.${p % 2 ? 'jpg' : 'png'}`
      const picture = samplePicture(s * 10 + p)
      await put(folder, path, await (p % 2 ? encodeJpeg(picture, 90) : encodePng(picture)))
      paths.push(path)
    }
  }
  return paths
}
