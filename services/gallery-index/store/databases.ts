import { type Database, open } from 'lmdb'
import { moveEmbeddings } from './layout.js'
import type { EnrolledFace, FaceRecord, GalleryRecord, SubjectRecord } from './records.js'

/** A face as it lies on disk; its embeddings lie apart, one for each version at work. */
export type StoredFace = Omit<FaceRecord, 'embedding'>

export interface StoredRequest {
  readonly subject: SubjectRecord
  readonly faces: readonly EnrolledFace[]
  readonly answer: Uint8Array | null
  readonly createTime: number
}

/** Values that sort behind every string, and behind every number, in LMDB's ordered keys. */
const AFTER_STRINGS = '\u{10ffff}'
const AFTER_NUMBERS = ''

/** Everything whose key begins with `parts` and goes on with a string. */
export const beginningWith = (...parts: readonly (string | number)[]) => ({
  start: [...parts, ''],
  end: [...parts, AFTER_STRINGS],
})

/** Everything whose key begins with `parts` and goes on with a number. */
export const numbered = (...parts: readonly (string | number)[]) => ({
  start: [...parts],
  end: [...parts, AFTER_NUMBERS],
})

export interface Databases {
  /** [gallery] */
  readonly galleries: Database<GalleryRecord, string>
  /** [gallery, subject] */
  readonly subjects: Database<SubjectRecord, [string, string]>
  /** [gallery, subject, face key] */
  readonly faces: Database<StoredFace, [string, string, number]>
  /** [gallery, generation, subject, face key] -> little-endian float32; nothing: the face was tried and cannot be embedded */
  readonly embeddings: Database<Uint8Array, [string, number, string, number]>
  /** [gallery, subject, source] -> face key */
  readonly sources: Database<number, [string, string, string]>
  /** [gallery, digest, face key]: who uses a picture */
  readonly pictures: Database<true, [string, string, number]>
  /** [gallery, digest]: pictures that may lie in the object store though no face uses them */
  readonly loosePictures: Database<true, [string, string]>
  /** [gallery, request id] */
  readonly requests: Database<StoredRequest, [string, string]>
  /** [time, gallery, request id]: which requests to forget first */
  readonly requestTimes: Database<true, [number, string, string]>
  /**
   * Runs `change` in one transaction and waits until it is on disk. What is begun while a flush is under way shares the next one. Nothing
   * of `change` remains when it throws.
   */
  commit<T>(change: () => T): Promise<T>
  /** @returns a number never returned before; inside `commit` only */
  nextKey(): number
  close(): Promise<void>
}

/** Opens the store in a folder, which is made where it is missing. One process at a time may write. */
export function openDatabases(folder: string): Databases {
  // With overlapping syncs a commit could be seen, and acknowledged, before it is on disk.
  const root = open<number, string>({ path: folder, noSubdir: false, maxDbs: 12, overlappingSync: false })
  const databases: Databases = {
    galleries: root.openDB('galleries', {}),
    subjects: root.openDB('subjects', {}),
    faces: root.openDB('faces', {}),
    embeddings: root.openDB('embeddings', { encoding: 'binary' }),
    sources: root.openDB('sources', {}),
    pictures: root.openDB('pictures', {}),
    loosePictures: root.openDB('loose-pictures', {}),
    requests: root.openDB('requests', {}),
    requestTimes: root.openDB('request-times', {}),
    // A child transaction, because lmdb keeps what the callback of a plain one wrote before it threw.
    commit: (change) => root.childTransaction(change),
    nextKey() {
      const key = (root.get('last-key') ?? 0) + 1
      root.putSync('last-key', key)
      return key
    },
    close: () => root.close(),
  }
  root.transactionSync(() => {
    if ((root.get('layout') ?? 1) < LAYOUT) moveEmbeddings(databases)
    root.putSync('layout', LAYOUT)
  })
  return databases
}

/** How the databases are laid out; 1 had the embeddings within the faces. */
const LAYOUT = 2
