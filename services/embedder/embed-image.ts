import type { FaceInfo } from '../../gen/crossres/v1/common.js'
import type { EmbeddedFace, EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { encodeEmbedding } from '../../libs/models/embedding.js'
import type { Preparation } from '../../libs/models/model-card.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { Admission } from '../../libs/rpc/admission.js'
import type { FaceChip, FaceQuery } from './face-chips.js'
import type { FacePool } from './face-pool.js'
import type { EmbeddedChip } from './loaded-model.js'
import type { LeasedModel, ModelPool } from './model-pool.js'

/** What embedding a picture needs. */
export interface EmbedImageDeps {
  readonly images: ImageSource
  readonly faces: Pick<FacePool, 'run'>
  readonly models: ModelPool
  readonly admission: Admission
}

/** Embeds the faces of a picture. The signal drops whatever has not reached the engine. */
export type EmbedImage = (request: EmbedRequest, signal: AbortSignal) => Promise<EmbedResponse>

/** @returns the whole path of a picture: read, decode, find faces, measure, frame, route, batch, run, normalise, answer */
export function createEmbedImage({ images, faces, models, admission }: EmbedImageDeps): EmbedImage {
  return async (request, signal) => {
    const leave = admission.enter(sizeOf(request))
    try {
      const model = await models.get(request.model)
      // The batcher waits for faces on their way, so it must hear of those that will not come as well.
      const arrive = model.announce()
      try {
        const file = await images.read(request.image, signal)
        const picture = await faces.run(
          { file, query: queryOf(request), preparation: preparationOf(model) },
          { signal },
        )
        const faceInfos = picture.faces.map((face) => toFaceInfo(face, request))
        const embedding = picture.faces.map(({ chip }, index) =>
          model.embed({ chip, resolution: (faceInfos[index] as FaceInfo).faceResolution }, signal),
        )
        arrive()
        const embedded = await Promise.all(embedding)
        return {
          faces: embedded.map((chip, index) => toEmbeddedFace(chip, faceInfos[index] as FaceInfo, model)),
          modelVersion: model.versionName,
          imageWidth: picture.width,
          imageHeight: picture.height,
        }
      } finally {
        arrive()
        model.release()
      }
    } finally {
      leave()
    }
  }
}

/** What goes to a face thread is copied: no more than it needs. */
function queryOf({ faces, regions, minDetectionScore, maxFaces, minFaceResolution }: EmbedRequest): FaceQuery {
  return { faces, regions, minDetectionScore, maxFaces, minFaceResolution }
}

function preparationOf({ card: { input, crop } }: LeasedModel): Preparation {
  return { input, crop }
}

/** What the caller is told of a face, which is also what its network is chosen by. */
function toFaceInfo({ region, resolution }: FaceChip, { trueResolution }: EmbedRequest): FaceInfo {
  const measured = Math.round(resolution)
  const stated = trueResolution > 0 && trueResolution < measured
  return { region, faceResolution: stated ? trueResolution : measured, resolutionStated: stated }
}

function toEmbeddedFace({ vector, networkVersion }: EmbeddedChip, face: FaceInfo, model: LeasedModel): EmbeddedFace {
  return { embedding: encodeEmbedding(vector, model.versionName), face, networkVersion }
}

function sizeOf(request: EmbedRequest): number {
  return request.image?.source?.$case === 'content' ? request.image.source.value.length : 0
}
