import type { EmbeddingSet, GalleryRecord, ReembeddingRecord } from './records.js'

/** @returns the sets of a gallery that hold embeddings: the one in use, the one being made, the ones to be erased */
export function setsOf(gallery: GalleryRecord): EmbeddingSet[] {
  const work = activeWork(gallery)
  return [currentSet(gallery), ...(work ? [newSet(work)] : []), ...gallery.staleSets]
}

/** @returns what a gallery is on its way to */
export function activeWork(gallery: GalleryRecord | undefined): ReembeddingRecord | undefined {
  const work = gallery?.reembedding
  return work?.state === 'queued' || work?.state === 'running' ? work : undefined
}

/** @returns the set that is searched */
export const currentSet = ({ generation, modelVersion, dimension }: GalleryRecord): EmbeddingSet => ({
  generation,
  modelVersion,
  dimension,
})
/** @returns the set that work makes */
export const newSet = ({ generation, targetVersion, dimension }: ReembeddingRecord): EmbeddingSet => ({
  generation,
  modelVersion: targetVersion,
  dimension,
})

/**
 * @param again whether a version that the gallery failed to follow is tried again
 * @param now ms since the epoch
 * @returns the gallery on its way to a version, or the same one where nothing is to be done
 */
export function followVersion(gallery: GalleryRecord, target: string, again: boolean, now: number): GalleryRecord {
  const { reembedding: last } = gallery
  const work = activeWork(gallery)
  const staleSets = work ? [...gallery.staleSets, newSet(work)] : gallery.staleSets
  if (target === gallery.modelVersion) {
    return last && last.state !== 'succeeded' ? { ...gallery, staleSets, reembedding: null } : gallery
  }
  if (last?.targetVersion === target && (work || (last.state === 'failed' && !again))) return gallery
  const generation = gallery.lastGeneration + 1
  return {
    ...gallery,
    lastGeneration: generation,
    staleSets,
    reembedding: {
      generation,
      targetVersion: target,
      state: 'queued',
      dimension: 0,
      done: 0,
      failed: 0,
      error: null,
      createTime: now,
      endTime: null,
    },
  }
}
