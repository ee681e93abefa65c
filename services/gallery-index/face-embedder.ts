import type { FaceInfo, FaceInput } from '../../gen/crossres/v1/common.js'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'

/** Calls an Embedder, in this process or over gRPC. */
export type CallEmbedder = (request: EmbedRequest, signal: AbortSignal) => Promise<EmbedResponse>

/** A face input as the index works with it. */
export interface ProbeFace {
  /** L2-normalised. */
  readonly vector: Float32Array
  readonly modelVersion: string
  readonly face: FaceInfo
}

/** Turns a face input into its embedding, whichever way it came. */
export type EmbedFace = (input: FaceInput, model: string, signal: AbortSignal) => Promise<ProbeFace>

/** @returns a function that embeds pictures through `callEmbedder` and reads embeddings as they are */
export function createEmbedFace(callEmbedder: CallEmbedder): EmbedFace {
  return async ({ input, faces, region, trueResolution }, model, signal) => {
    if (!input) throw new DomainError('FIELD_MISSING', 'A face input needs an `image` or an `embedding`.')
    if (input.$case === 'embedding') {
      return {
        vector: decodeEmbedding(input.value),
        modelVersion: input.value.modelVersion,
        face: {
          region,
          faceResolution: trueResolution,
          resolutionStated: trueResolution > 0,
          pictureResolution: 0,
          effectiveResolution: 0,
        },
      }
    }
    if (faces === FaceSelection.ALL) {
      throw new DomainError(
        'FIELD_INVALID',
        'A face input is one face: ask for LARGEST, WHOLE_IMAGE or GIVEN, or embed ALL first.',
      )
    }
    const answer = await callEmbedder(
      {
        image: input.value,
        model,
        faces,
        regions: region ? [region] : [],
        trueResolution,
        minDetectionScore: undefined,
        maxFaces: 1,
        minFaceResolution: 0,
      },
      signal,
    )
    const found = answer.faces[0]
    if (!found?.embedding || !found.face) {
      throw new DomainError('FACE_NOT_FOUND', 'The embedder found no face in the picture.')
    }
    return { vector: decodeEmbedding(found.embedding), modelVersion: answer.modelVersion, face: found.face }
  }
}
