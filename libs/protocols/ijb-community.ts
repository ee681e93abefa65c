import { join } from 'node:path'
import { gatherTemplates, type IjbTemplates } from './ijb-templates.js'
import type { IntegerRows } from './integer-rows.js'
import { fivePoints } from './protocol-files.js'

/**
 * The templates of the community's meta files: `1.jpg 1 69544` (picture, template, medium) a line, and on the same line of the other file
 * `1.jpg x1 y1 ... x5 y5 score`.
 * Source: the format of InsightFace's evaluation on IJB, of W. Xie's templates and media.
 *
 * @param media text of `*_face_tid_mid.txt`
 * @param points text of `*_name_5pts_score.txt`
 * @param root folder of the loose crops
 * @param subjectOf of a template
 * @throws Error that names the line that does not fit
 */
export function parseCommunityTemplates(
  media: string,
  points: string,
  root: string,
  subjectOf: (template: number) => string | null,
): IjbTemplates {
  const gathered = gatherTemplates()
  const lines = linesOf(media)
  const faces = linesOf(points)
  if (lines.length !== faces.length) {
    throw new Error(`it has ${lines.length} lines, and the file of the five points has ${faces.length}`)
  }
  for (const [i, line] of lines.entries()) {
    const [name = '', template = '', medium = '', ...more] = line.split(/\s+/)
    if (!/^\d+$/.test(template) || medium === '' || more.length > 0) {
      throw new Error(`line ${i + 1}: expected "picture template medium"`)
    }
    const face = faceOf(faces[i] ?? '', name)
    if (face === undefined) throw new Error(`line ${i + 1} of the five points: expected "${name}" and eleven numbers`)
    const subject = subjectOf(Number(template))
    gathered.add({
      template: Number(template),
      subject,
      image: { id: name, file: join(root, name), subject, medium, face },
    })
  }
  return gathered.done()
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function faceOf(line: string, name: string) {
  const [file, ...texts] = line.split(/\s+/)
  const numbers = texts.map(Number)
  if (file !== name || numbers.length !== 11 || !numbers.every(Number.isFinite)) return undefined
  const points = [0, 2, 4, 6, 8].map((at) => ({ x: numbers[at] as number, y: numbers[at + 1] as number }))
  const landmarks = fivePoints(points)
  return landmarks && { landmarks, score: numbers[10] as number }
}

/**
 * Who is who, from the mated comparisons alone, for the meta files name no subjects: templates that mated comparisons connect are of one.
 * @param pairs rows of two templates and a label, 1 for mated
 * @returns a made-up name by template; templates without a mated comparison are not in it
 */
export function subjectsOfPairs({ rows, data }: IntegerRows): Map<number, string> {
  const parents = new Map<number, number>()
  const rootOf = (template: number): number => {
    let root = template
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up
    parents.set(template, root)
    return root
  }
  for (let row = 0; row < rows; row++) {
    if (data[row * 3 + 2] !== 1) continue
    const [a, b] = [rootOf(data[row * 3] as number), rootOf(data[row * 3 + 1] as number)]
    parents.set(Math.max(a, b), Math.min(a, b))
  }
  return new Map([...parents.keys()].map((template) => [template, `subject-of-${rootOf(template)}`]))
}
