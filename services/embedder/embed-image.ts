import type { EmbeddedFace, EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { encodeEmbedding } from '../../libs/models/embedding.js'
import type { Preparation } from '../../libs/models/model-card.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { Admission } from '../../libs/rpc/admission.js'
import { NO_TELEMETRY, type Telemetry } from '../../libs/telemetry/telemetry.js'
import type { FaceChip, FaceQuery } from './face-chips.js'
import type { FacePool } from './face-pool.js'
import type { LeasedModel, ModelPool } from './model-pool.js'

/** What embedding a picture needs. */
export interface EmbedImageDeps {
  readonly images: ImageSource
  readonly faces: Pick<FacePool, 'run'>
  readonly models: ModelPool
  readonly admission: Admission
  /** Hears of the stages; default: nobody does. */
  readonly telemetry?: Telemetry
}

/** Embeds the faces of a picture. The signal drops whatever has not reached the engine. */
export type EmbedImage = (request: EmbedRequest, signal: AbortSignal) => Promise<EmbedResponse>

/** @returns the whole path of a picture: read, decode, find faces, measure, frame, route, batch, run, normalise, answer */
export function createEmbedImage(deps: EmbedImageDeps): EmbedImage {
  const { images, faces: facePool, models, admission, telemetry = NO_TELEMETRY } = deps
  return async (request, signal) => {
    const leave = admission.enter(sizeOf(request))
    try {
      const model = await models.get(request.model)
      // The batcher waits for faces on their way, so it must hear of those that will not come as well.
      const arrive = model.announce()
      try {
        const file = await telemetry.stage('read', () => images.read(request.image, signal))
        const task = { file, query: queryOf(request), preparation: preparationOf(model) }
        const picture = await telemetry.stage('faces', async () => {
          const found = await facePool.run(task, { signal })
          telemetry.stages(found.timings)
          return found
        })
        const faces = picture.faces.map((face) =>
          telemetry.stage('embed', () => embedFace(face, request, model, signal)),
        )
        arrive()
        return {
          faces: await Promise.all(faces),
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

/** The resolution that the caller is told is the one that the network is chosen by. */
async function embedFace(
  { chip, region, resolution, pictureResolution, effectiveResolution = 0 }: FaceChip,
  { trueResolution }: EmbedRequest,
  model: LeasedModel,
  signal: AbortSignal,
): Promise<EmbeddedFace> {
  const measured = Math.round(resolution)
  const resolutionStated = trueResolution > 0 && trueResolution < measured
  const faceResolution = resolutionStated ? trueResolution : measured
  const { vector, networkVersion } = await model.embed({ chip, resolution: faceResolution }, signal)
  const embedding = encodeEmbedding(vector, model.versionName)
  const face = {
    region,
    faceResolution,
    resolutionStated,
    pictureResolution: Math.round(pictureResolution),
    effectiveResolution: Math.round(effectiveResolution),
  }
  return { embedding, face, networkVersion }
}

function sizeOf(request: EmbedRequest): number {
  return request.image?.source?.$case === 'content' ? request.image.source.value.length : 0
}
