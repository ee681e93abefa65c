import { setTimeout as sleep } from 'node:timers/promises'
import { Status } from 'nice-grpc'
import type { FaceInput } from '../../../gen/crossres/v1/common.js'
import { failureOf, type RpcFailure } from '../../../libs/rpc/rpc-error.js'
import type { EmbedFace } from '../face-embedder.js'

/** What came of a face: its embedding, L2-normalised, or why it has none. */
export type EmbeddedAgain = { readonly embedding: Float32Array } | { readonly failure: RpcFailure }

/** How long an embedder that does not answer is waited for. */
export interface Patience {
  /** Wait before the second try in ms; doubled each time. */
  readonly firstWaitMs: number
  readonly longestWaitMs: number
}

/** Tries of a face that fails for no reason that we know. */
const MOST_TRIES = 5

/**
 * Embeds a face with a version. An embedder that is away, busy or still loading is asked until it answers.
 * @param patience undefined: nobody is waited for
 * @returns a failure where it is the face's or the picture's
 * @throws the failure where it is the version's, for no other face would fare better, or a passing one without patience
 */
export async function embedAgain(
  embedFace: EmbedFace,
  { input, version, patience }: { readonly input: FaceInput; readonly version: string; readonly patience?: Patience },
  signal: AbortSignal,
): Promise<EmbeddedAgain> {
  for (let tries = 1; ; tries++) {
    try {
      const { vector, modelVersion } = await embedFace(input, version, signal)
      if (modelVersion !== version) throw new Error(`asked for ${version}, the embedder answered with ${modelVersion}`)
      return { embedding: vector }
    } catch (error) {
      signal.throwIfAborted()
      const failure = failureOf(error)
      if (failure.reason.startsWith('MODEL_')) throw error
      const passing = PASSING.has(failure.status)
      if (!passing && !(UNEXPLAINED.has(failure.status) && tries < MOST_TRIES)) return { failure }
      if (passing && !patience) throw error
      if (patience)
        await sleep(Math.min(patience.firstWaitMs * 2 ** (tries - 1), patience.longestWaitMs), undefined, { signal })
    }
  }
}

/** @returns whether a failure says that the embedder, or a store behind it, cannot answer just now */
export const isPassing = (error: unknown): boolean => PASSING.has(failureOf(error).status)

const PASSING: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.RESOURCE_EXHAUSTED,
  Status.DEADLINE_EXCEEDED,
  Status.ABORTED,
  Status.CANCELLED,
])
const UNEXPLAINED: ReadonlySet<Status> = new Set([Status.INTERNAL, Status.UNKNOWN])
