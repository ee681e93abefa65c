import pLimit from 'p-limit'
import { DomainError } from '../../../libs/config/domain-error.js'
import { failureOf } from '../../../libs/rpc/rpc-error.js'
import type { EmbedFace } from '../face-embedder.js'
import type { Galleries } from '../gallery.js'
import type { Pictures } from '../pictures.js'
import type { ReembeddingRecord } from '../store/records.js'
import type { PendingSubject, ReembeddedFace } from '../store/reembeddings.js'
import { embedAgain, isPassing, type Patience } from './embed-again.js'

/** What embedding a gallery anew works with. */
export interface ReembedGalleryDeps {
  readonly galleries: Galleries
  readonly pictures: Pick<Pictures, 'inputOf'>
  readonly embedFace: EmbedFace
  readonly patience: Patience
  /** Faces asked for at once: enough for the embedder to batch, few enough for searches to get their turn. */
  readonly concurrency: number
}

/** Passes over the gallery before its changes have to wait; each leaves what was enrolled during it. */
const MOST_PASSES = 10
/** Faces for which changes may wait. */
const FEW = 64

/**
 * Embeds a gallery's faces by the version that it is on its way to, and then switches it over. What an earlier process has done is kept.
 * @returns (the function) true once switched; false where the set is no longer wanted, or an embedder that had just answered did not at the end: again
 * @throws DomainError REEMBEDDING_PICTURE_MISSING, REEMBEDDING_SUBJECT_LOST; what concerns the version: the gallery cannot follow it
 */
export function createReembedGallery({ galleries, pictures, embedFace, patience, concurrency }: ReembedGalleryDeps) {
  const { reembeddings } = galleries.store
  const limit = pLimit(concurrency)

  async function embedSubject(
    id: string,
    { generation, targetVersion }: ReembeddingRecord,
    { subjectId, faces }: PendingSubject,
    wait: Patience | undefined,
    signal: AbortSignal,
  ): Promise<number> {
    let reason = ''
    const embedded = await Promise.all(
      faces.map(({ key, picture }) =>
        limit(async (): Promise<ReembeddedFace> => {
          signal.throwIfAborted()
          if (!picture) throw pictureMissing(id, subjectId)
          const input = pictures.inputOf(id, picture)
          const request = { input, version: targetVersion, ...(wait && { patience: wait }) }
          const result = await embedAgain(embedFace, request, signal)
          if ('embedding' in result) return { key, embedding: result.embedding }
          reason = result.failure.message
          return { key }
        }),
      ),
    )
    const outcome = await galleries.addReembedded(id, generation, subjectId, embedded)
    if (outcome?.lost) throw subjectLost(id, subjectId, targetVersion, reason)
    return faces.length
  }

  /** @returns faces tried */
  async function pass(id: string, work: ReembeddingRecord, wait: Patience | undefined, signal: AbortSignal) {
    let tried = 0
    for await (const batch of reembeddings.pending(id, work.generation)) {
      if (reembeddings.active(id)?.generation !== work.generation) return 0
      // All of them end before the first failure is told: nothing goes on behind the caller's back.
      const results = await Promise.allSettled(batch.map((subject) => embedSubject(id, work, subject, wait, signal)))
      for (const result of results) {
        if (result.status === 'rejected') throw result.reason
        tried += result.value
      }
    }
    return tried
  }

  return async (id: string, work: ReembeddingRecord, signal: AbortSignal): Promise<boolean> => {
    // Known before any work is done, where it is the case for a face enrolled before.
    for await (const batch of reembeddings.pending(id, work.generation)) {
      const bare = batch.find(({ faces }) => faces.some(({ picture }) => !picture))
      if (bare) throw pictureMissing(id, bare.subjectId)
    }
    for (let passes = 0; passes < MOST_PASSES; passes++) {
      if ((await pass(id, work, patience, signal)) <= FEW) break
    }
    return galleries
      .switchTo(id, work.generation, async () => {
        await pass(id, work, undefined, signal)
      })
      .catch((error: unknown) => {
        if (isPassing(error)) return false
        throw error
      })
  }
}

function pictureMissing(gallery: string, subject: string): DomainError {
  return new DomainError(
    'REEMBEDDING_PICTURE_MISSING',
    `The gallery stays on its version: no picture is kept of a face of ${JSON.stringify(subject)}, which was enrolled as an embedding, before pictures were kept, or with CROSSRES_KEEP_PICTURES=false. Delete such subjects and enrol their pictures, then promote the version again.`,
    { gallery, subject },
  )
}

function subjectLost(gallery: string, subject: string, version: string, reason: string): DomainError {
  return new DomainError(
    'REEMBEDDING_SUBJECT_LOST',
    `The gallery stays on its version: ${version} can embed no face of ${JSON.stringify(subject)}. ${reason} Enrol a better picture or delete the subject, then promote the version again.`,
    { gallery, subject, version },
  )
}

/** @returns what a gallery's record says of a failure */
export function errorOf(error: unknown): { readonly reason: string; readonly message: string } {
  const { reason, message } = failureOf(error)
  return { reason, message }
}
