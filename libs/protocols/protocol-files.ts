import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isPictureName } from '../dataset/list-folder.js'
import type { FivePoints, Point } from '../face/face.js'
import { parseLandmarksCsv } from './landmarks-csv.js'
import type { ProtocolImage } from './protocol.js'
import { dataMissing, type Origin } from './protocol-source.js'

/** @returns the first of several places that is there; undefined where none is */
export async function firstExisting(folder: string, candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const path = join(folder, candidate)
    if (await stat(path).catch(() => undefined)) return path
  }
  return undefined
}

/** @throws DomainError PROTOCOL_DATA_MISSING that names the first candidate */
export async function requirePath(origin: Origin, folder: string, candidates: readonly string[]): Promise<string> {
  const path = await firstExisting(folder, candidates)
  if (path === undefined) throw dataMissing(origin, join(folder, candidates[0] ?? ''))
  return path
}

/** @throws DomainError PROTOCOL_DATA_MISSING */
export async function readRequired(origin: Origin, file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw dataMissing(origin, file, 'cannot be read', cause)
  })
}

/**
 * The pictures of one folder.
 * @returns names, sorted
 * @throws DomainError PROTOCOL_DATA_MISSING for a folder that is not there or has no picture
 */
export async function listPictures(origin: Origin, folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw dataMissing(origin, folder, 'is missing', cause)
  })
  const pictures = names.filter(isPictureName).sort()
  if (pictures.length === 0) throw dataMissing(origin, folder, 'has no pictures')
  return pictures
}

/**
 * Checks that every picture of a list is there, by one reading of each folder: half a million single look-ups take minutes.
 * @param paths relative to the root
 * @throws DomainError PROTOCOL_DATA_MISSING with the first that is not, and how many are not
 */
export async function requirePictures(origin: Origin, root: string, paths: Iterable<string>): Promise<void> {
  const present = new Map<string, Set<string>>()
  const missing: string[] = []
  for (const path of paths) {
    const folder = dirname(path)
    let names = present.get(folder)
    if (names === undefined) {
      names = new Set(await readdir(join(root, folder)).catch(() => []))
      present.set(folder, names)
    }
    if (!names.has(path.slice(folder === '.' ? 0 : folder.length + 1))) missing.push(path)
  }
  const [first] = missing
  if (first === undefined) return
  throw dataMissing(
    origin,
    join(root, first),
    missing.length === 1 ? 'is missing' : `and ${missing.length - 1} more pictures are missing`,
  )
}

/**
 * Faces that `landmarks.csv` of a data folder knows: see parseLandmarksCsv.
 * @returns by path relative to that folder; none where there is no such file
 * @throws DomainError LANDMARKS_FILE_INVALID
 */
export async function readKnownFaces(folder: string): Promise<Map<string, NonNullable<ProtocolImage['face']>>> {
  const text = await readFile(join(folder, 'landmarks.csv'), 'utf8').catch(() => undefined)
  const faces = new Map<string, NonNullable<ProtocolImage['face']>>()
  if (text === undefined) return faces
  for (const [path, { box, landmarks, detectionScore: score }] of parseLandmarksCsv(text)) {
    const points = fivePoints(landmarks)
    if (box && points) faces.set(path, { box, landmarks: points, score })
  }
  return faces
}

/** @returns undefined unless there are exactly five */
export function fivePoints(points: readonly Point[]): FivePoints | undefined {
  const [leftEye, rightEye, nose, leftMouth, rightMouth, ...more] = points
  if (!leftEye || !rightEye || !nose || !leftMouth || !rightMouth || more.length > 0) return undefined
  return [leftEye, rightEye, nose, leftMouth, rightMouth]
}
