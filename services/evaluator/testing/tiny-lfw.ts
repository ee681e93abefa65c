import { landmarksOf, put, samplePicture } from '../../../libs/dataset/testing/sample-faces.js'
import { encodePng } from '../../../libs/image/encode.js'

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
