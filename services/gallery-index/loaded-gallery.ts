import type { VectorIndex } from '../../libs/vectors/vector-index.js'
import { type SubjectHit, searchSubjects } from './search-subjects.js'
import type { Template } from './store/records.js'

/** The index of one gallery, and whose template each of its vectors is. */
export interface LoadedGallery {
  /** Adds or replaces templates. */
  upsert(templates: readonly Template[]): Promise<void>
  remove(templateKeys: readonly number[]): Promise<void>
  /** See searchSubjects. An empty gallery answers with nobody. */
  search(probes: readonly Float32Array[], k: number, signal?: AbortSignal): Promise<SubjectHit[][]>
  /** Everything in it; for checks against the store. */
  contents(): Promise<Template[]>
  close(): Promise<void>
  /** Removes what a server keeps of it, and closes it. */
  drop(): Promise<void>
}

/** Starts with an empty index. @param createIndex called at the first template, which tells the dimension */
export function createLoadedGallery(createIndex: (dimension: number) => VectorIndex): LoadedGallery {
  const subjectOf = new Map<number, string>()
  let index: VectorIndex | undefined

  return {
    async upsert(templates) {
      const [first] = templates
      if (!first) return
      index ??= createIndex(first.embedding.length)
      const vectors = joined(templates.map(({ embedding }) => embedding))
      // Named before they can be found: a search that finds a vector must know whose it is.
      for (const { key, subjectId } of templates) subjectOf.set(key, subjectId)
      await index.upsert(
        templates.map(({ key }) => key),
        vectors,
      )
    },
    async remove(templateKeys) {
      for (const key of templateKeys) subjectOf.delete(key)
      await index?.remove(templateKeys)
    },
    async search(probes, k, signal) {
      if (!index || probes.length === 0) return probes.map(() => [])
      return searchSubjects(index, (key) => subjectOf.get(key), joined(probes), k, signal)
    },
    async contents() {
      if (!index) return []
      const { dimension } = index
      const { ids, vectors } = await index.snapshot()
      return Array.from(ids, (key, row) => ({
        key,
        subjectId: subjectOf.get(key) ?? '',
        embedding: vectors.slice(row * dimension, (row + 1) * dimension),
      }))
    },
    async close() {
      await index?.close()
    },
    async drop() {
      await index?.drop()
    },
  }
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const vector of vectors) {
    all.set(vector, offset)
    offset += vector.length
  }
  return all
}
