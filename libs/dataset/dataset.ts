import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../config/domain-error.js'
import { parseLandmarksCsv } from '../protocols/landmarks-csv.js'
import type { FaceDataset, FaceItem, KnownFace } from './face-item.js'
import { listFolder } from './list-folder.js'
import { listShard } from './list-shards.js'

/** What to train on. */
export interface DatasetSource {
  /** Of tar shards, of subject folders, or of faces (unlabelled); told apart by what is in it. */
  readonly folder: string
  /**
   * Table of known faces, see parseLandmarksCsv; default: `landmarks.csv` in the folder, where there is one. Pictures it does not know
   * are left out: used whole beside aligned ones they would teach the network two framings. Shards carry their own.
   */
  readonly landmarksFile?: string
}

interface Listing {
  readonly items: readonly FaceItem[]
  /** Bytes of each item. */
  readonly sizes: readonly number[]
  readonly withoutFace: number
}

/**
 * Lists the faces of a folder without reading the pictures (shards are read through once for their table of contents).
 * @throws DomainError DATASET_NOT_FOUND, DATASET_EMPTY, LANDMARKS_FILE_INVALID, SHARD_CORRUPT
 */
export async function openDataset({ folder, landmarksFile }: DatasetSource): Promise<FaceDataset> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw notFound(folder, 'Give the path of a folder that this service can read.', cause)
  })
  const shards = names.filter((name) => name.endsWith('.tar') && !name.startsWith('.')).sort()
  const listing =
    shards.length > 0
      ? await listShards(folder, shards)
      : await listPictures(folder, landmarksFile ?? (names.includes(DEFAULT_LANDMARKS) ? DEFAULT_LANDMARKS : undefined))
  const { items, sizes, withoutFace } = listing
  if (items.length === 0) throw empty(folder, withoutFace)
  return { folder, items, fingerprint: fingerprint(items, sizes), withoutFace }
}

const DEFAULT_LANDMARKS = 'landmarks.csv'

async function listShards(folder: string, shards: readonly string[]): Promise<Listing> {
  const lists: FaceItem[][] = []
  for (const shard of shards) lists.push(await listShard(join(folder, shard)))
  const items = lists.flat()
  return { items, sizes: items.map(({ bytes }) => bytes.part?.length ?? 0), withoutFace: 0 }
}

async function listPictures(folder: string, landmarksFile: string | undefined): Promise<Listing> {
  const pictures = await listFolder(folder)
  const faces = landmarksFile === undefined ? undefined : await readFaces(folder, landmarksFile)
  const kept = faces === undefined ? pictures : pictures.filter(({ path }) => faces.has(path))
  const items = kept.map(({ path, subject, file }): FaceItem => {
    const face = faces?.get(path)
    return { path, subject, bytes: { file }, ...(face === undefined ? {} : { face }) }
  })
  return { items, sizes: kept.map(({ size }) => size), withoutFace: pictures.length - kept.length }
}

async function readFaces(folder: string, landmarksFile: string): Promise<Map<string, KnownFace>> {
  const file = landmarksFile === DEFAULT_LANDMARKS ? join(folder, landmarksFile) : landmarksFile
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw notFound(file, 'Give the path of a landmarks file that this service can read.', cause)
  })
  const faces = new Map<string, KnownFace>()
  for (const [path, { box, landmarks }] of parseLandmarksCsv(text)) if (box) faces.set(path, { box, landmarks })
  return faces
}

function fingerprint(items: readonly FaceItem[], sizes: readonly number[]): string {
  const hash = createHash('sha256')
  for (const [i, { path, subject, face }] of items.entries()) {
    hash.update(`${JSON.stringify([path, subject, sizes[i], face ?? null])}\n`)
  }
  return hash.digest('hex')
}

function notFound(path: string, advice: string, cause: unknown): DomainError {
  return new DomainError('DATASET_NOT_FOUND', `${path} cannot be read. ${advice}`, { path }, cause)
}

function empty(folder: string, withoutFace: number): DomainError {
  const problem =
    withoutFace > 0
      ? `The landmarks file knows none of the ${withoutFace} pictures in ${folder}: its column file must hold paths relative to that folder.`
      : `${folder} has no faces to train on: it needs subject folders with pictures, pictures, or tar shards.`
  return new DomainError('DATASET_EMPTY', problem, { folder })
}
