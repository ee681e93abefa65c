import { join } from 'node:path'
import { compareImages } from './image-pairs.js'
import { parseLfwPairs } from './lfw-pairs.js'
import type { ProtocolImage } from './protocol.js'
import { readKnownFaces, readRequired, requirePath, requirePictures } from './protocol-files.js'
import { type Origin, type ProtocolSource, parsing } from './protocol-source.js'

const origin: Origin = {
  title: 'Labeled Faces in the Wild',
  distribution: 'Its owner distributes it at http://vis-www.cs.umass.edu/lfw/ (pairs.txt and one of the image sets).',
  layout: 'pairs.txt and the folder images, lfw, lfw-deepfunneled or lfw_funneled, with NAME/NAME_0001.jpg in it',
}

/**
 * LFW, view 2: ten folds of 300 mated and 300 non-mated pairs. A `landmarks.csv` beside the pairs is used where there is one.
 * Source: G. B. Huang et al., "Labeled Faces in the Wild", technical report 07-49, University of Massachusetts (2007).
 */
export const lfw: ProtocolSource = {
  ...origin,
  name: 'lfw',
  async open({ folder }) {
    const list = join(folder, 'pairs.txt')
    const text = (await readRequired(origin, list)).toString('utf8')
    const folds = parsing(origin, list, () => parseLfwPairs(text))
    const paths = [...new Set(folds.flat().flatMap(({ reference, probe }) => [reference, probe]))].sort()
    const root = await requirePath(origin, folder, ['images', 'lfw', 'lfw-deepfunneled', 'lfw_funneled'])
    await requirePictures(origin, root, paths)
    const faces = await readKnownFaces(folder)
    const images = paths.map((path): ProtocolImage => {
      const face = faces.get(path)
      const subject = path.slice(0, path.indexOf('/'))
      return { id: path, file: join(root, path), subject, ...(face && { face }) }
    })
    return [compareImages('lfw', images, folds)]
  },
}
