import type { Embedding, FaceInput, Image } from '../../gen/crossres/v1/common.js'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { FaceEmbedded } from '../../gen/crossres/v1/events.js'
import type { EventBus, Subscription } from '../../libs/events/event-bus.js'
import { onEvent } from '../../libs/events/event-types.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import { CLEANED_PREFIX } from '../../libs/objects/image-keys.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { resolveUri } from '../../libs/objects/resolve-uri.js'
import { poisonWhereHopeless } from '../../libs/rpc/poison-where-hopeless.js'
import { createEnroll, type EnrollDeps } from './enroll.js'
import type { EmbedFace } from './face-embedder.js'
import { galleryId } from './messages.js'

/** What enrolling the faces of events works with. */
export interface EnrolEmbeddedDeps extends EnrollDeps {
  readonly objects: ObjectStore
  readonly events: EventBus
  /** Faces at work at once. */
  readonly concurrency: number
}

/**
 * Handles `face.embedded`: enrols the face, in a gallery made for it where there is none, and deletes the cleaned picture. Once in effect:
 * the event is the id of its enrolment, and the same picture of the same subject is the same face.
 */
export function onFaceEmbedded(deps: EnrolEmbeddedDeps): Promise<Subscription> {
  const { objects, events, galleries, concurrency } = deps

  async function enrol(message: FaceEmbedded, requestId: string, signal: AbortSignal): Promise<void> {
    const { uri, gallery, subjectId } = message
    const key = resolveUri(uri, objects)
    // The picture may be gone with an earlier delivery, whose enrolment is only told of again.
    const enrolled = galleries.store.findAnswer(galleryId(gallery), requestId) !== undefined
    // By its content, so that the same picture stored twice is the same face; to the embedder by name, for there a message has limits.
    const face = enrolled ? byName(uri) : byContent((await objects.get(key)).body)
    const enroll = createEnroll({ ...deps, embedFace: embedByEvent(deps.embedFace, message) })
    const subject = { subjectId, displayName: '', labels: {} }
    await enroll({ gallery, ...subject, faces: [face], createGallery: true, requestId }, signal)
    if (key.startsWith(CLEANED_PREFIX)) await objects.delete(key)
  }

  return onEvent(
    events,
    'face.embedded',
    'gallery-index',
    // Not of a gallery: whoever hears of faces may make something else of it.
    async (message, { id, signal }) => {
      if (message.gallery !== '') await poisonWhereHopeless(() => enrol(message, id, signal))
    },
    { concurrency },
  )
}

const byName = (uri: string) => largestFace({ source: { $case: 'uri', value: uri } })
const byContent = (file: Uint8Array) => largestFace({ source: { $case: 'content', value: Buffer.from(file) } })

function largestFace(image: Image): FaceInput {
  return { input: { $case: 'image', value: image }, faces: FaceSelection.LARGEST, region: undefined, trueResolution: 0 }
}

/** Takes the embedding of the event where the gallery can compare it, and has the picture embedded by the gallery's model where not. */
function embedByEvent(embedFace: EmbedFace, { uri, embedding, face }: FaceEmbedded): EmbedFace {
  return async (_input, model, signal) => {
    if (embedding && face && isOf(embedding, model)) {
      return { vector: decodeEmbedding(embedding), modelVersion: embedding.modelVersion, face }
    }
    return embedFace(byName(uri), model, signal)
  }
}

/** @param model a version; a model, whose production version the embedder took; or empty, the default model */
function isOf({ modelVersion }: Embedding, model: string): boolean {
  return model === '' || modelVersion === model || modelVersion.startsWith(`${model}/versions/`)
}
