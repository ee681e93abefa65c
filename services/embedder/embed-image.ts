import pLimit from 'p-limit'
import type { EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import type { FaceDetector } from '../../libs/face/face-detector.js'
import { decodeImage } from '../../libs/image/decode.js'
import { encodeEmbedding } from '../../libs/models/embedding.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { Admission } from '../../libs/rpc/admission.js'
import { type FaceChip, faceChips } from './face-chips.js'
import type { LoadedModel, ModelPool } from './model-pool.js'

/** What embedding a picture needs. */
export interface EmbedImageDeps {
  readonly images: ImageSource
  readonly detector: FaceDetector
  readonly models: ModelPool
  readonly admission: Admission
  /** Pictures decoded at once; each may take three bytes for every pixel that the limit allows. */
  readonly maxDecoding: number
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** Embeds the faces of a picture. The signal drops whatever has not reached the engine. */
export type EmbedImage = (request: EmbedRequest, signal: AbortSignal) => Promise<EmbedResponse>

/** @returns the whole path of a picture: decode, find faces, measure, frame, batch, run, normalise, answer */
export function createEmbedImage(deps: EmbedImageDeps): EmbedImage {
  const decoding = pLimit(deps.maxDecoding)

  return async (request, signal) => {
    const leave = deps.admission.enter(sizeOf(request))
    try {
      const model = await deps.models.get(request.model)
      const { image, chips, arrive } = await decoding(() => prepare(deps, request, model, signal))
      try {
        const embedding = chips.map((face) => model.embed(face.chip, signal))
        arrive()
        const vectors = await Promise.all(embedding)
        return {
          faces: chips.map((face, index) => toEmbeddedFace(face, vectors[index] as Float32Array, request, model)),
          modelVersion: model.versionName,
          imageWidth: image.width,
          imageHeight: image.height,
        }
      } finally {
        arrive()
      }
    } finally {
      leave()
    }
  }
}

/** The part that holds a decoded picture in memory: only its chips leave. */
async function prepare(deps: EmbedImageDeps, request: EmbedRequest, model: LoadedModel, signal: AbortSignal) {
  signal.throwIfAborted()
  const arrive = model.announce()
  try {
    const bytes = await deps.images.read(request.image, signal)
    const image = await decodeImage(bytes, { maxPixels: deps.maxPixels })
    signal.throwIfAborted()
    const chips = await faceChips(image, request, model.card, deps.detector, signal)
    return { image: { width: image.width, height: image.height }, chips, arrive }
  } catch (error) {
    arrive()
    throw error
  }
}

function toEmbeddedFace(face: FaceChip, vector: Float32Array, request: EmbedRequest, model: LoadedModel) {
  const measured = Math.round(face.resolution)
  const stated = request.trueResolution > 0 && request.trueResolution < measured
  return {
    embedding: encodeEmbedding(vector, model.versionName),
    face: {
      region: face.region,
      faceResolution: stated ? request.trueResolution : measured,
      resolutionStated: stated,
    },
  }
}

function sizeOf(request: EmbedRequest): number {
  return request.image?.source?.$case === 'content' ? request.image.source.value.length : 0
}
