import type { EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { encodeEmbedding } from '../../libs/models/embedding.js'
import type { Preparation } from '../../libs/models/model-card.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { Admission } from '../../libs/rpc/admission.js'
import type { FaceChip, FaceQuery } from './face-chips.js'
import type { FacePool } from './face-pool.js'
import type { LoadedModel, ModelPool } from './model-pool.js'

/** What embedding a picture needs. */
export interface EmbedImageDeps {
  readonly images: ImageSource
  readonly faces: Pick<FacePool, 'run'>
  readonly models: ModelPool
  readonly admission: Admission
}

/** Embeds the faces of a picture. The signal drops whatever has not reached the engine. */
export type EmbedImage = (request: EmbedRequest, signal: AbortSignal) => Promise<EmbedResponse>

/** @returns the whole path of a picture: read, decode, find faces, measure, frame, batch, run, normalise, answer */
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
        const embedding = picture.faces.map((face) => model.embed(face.chip, signal))
        arrive()
        const vectors = await Promise.all(embedding)
        return {
          faces: picture.faces.map((face, index) =>
            toEmbeddedFace(face, vectors[index] as Float32Array, request, model),
          ),
          modelVersion: model.versionName,
          imageWidth: picture.width,
          imageHeight: picture.height,
        }
      } finally {
        arrive()
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

function preparationOf({ card: { input, crop } }: LoadedModel): Preparation {
  return { input, crop }
}

function toEmbeddedFace(
  { region, resolution }: FaceChip,
  vector: Float32Array,
  request: EmbedRequest,
  model: LoadedModel,
) {
  const measured = Math.round(resolution)
  const stated = request.trueResolution > 0 && request.trueResolution < measured
  return {
    embedding: encodeEmbedding(vector, model.versionName),
    face: {
      region,
      faceResolution: stated ? request.trueResolution : measured,
      resolutionStated: stated,
    },
  }
}

function sizeOf(request: EmbedRequest): number {
  return request.image?.source?.$case === 'content' ? request.image.source.value.length : 0
}
