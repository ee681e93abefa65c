import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedRequest, EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import type { ImageDownsampled } from '../../gen/crossres/v1/events.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { type EventBus, PoisonError, type Subscription } from '../../libs/events/event-bus.js'
import { onEvent, publishEvent } from '../../libs/events/event-types.js'
import { idAfter } from '../../libs/events/id-after.js'
import { poisonWhereHopeless } from '../../libs/rpc/poison-where-hopeless.js'
import type { EmbedImage } from './embed-image.js'

/** What embedding stored pictures works with. */
export interface EmbedStoredDeps {
  readonly embedImage: EmbedImage
  readonly events: EventBus
  /** Pictures at work at once. */
  readonly concurrency: number
}

/**
 * Handles `image.downsampled`: embeds the most prominent face of a picture by the default model, and publishes `face.embedded`. A gallery of
 * another model has the picture embedded again.
 */
export function onImageDownsampled({ embedImage, events, concurrency }: EmbedStoredDeps): Promise<Subscription> {
  return onEvent(
    events,
    'image.downsampled',
    'embedder',
    (message, { id, signal }) =>
      poisonWhereHopeless(async () => {
        const { source, uri } = message
        if (!source) throw new PoisonError('the event does not say which picture it came from')
        const { faces } = await embedEither(embedImage, message, signal)
        const [found] = faces
        if (!found) throw new DomainError('FACE_NOT_FOUND', 'No face was found in the picture.')
        const { digest, gallery, subjectId } = source
        const { embedding, face } = found
        const embedded = { uri, digest, embedding, face, gallery, subjectId }
        await publishEvent(events, 'face.embedded', source.uri, embedded, idAfter(id, 'face.embedded'))
      }),
    { concurrency },
  )
}

/** The cleaned picture is gone once its face is enrolled; an event that comes again after that finds the same pixels in the original. */
async function embedEither(
  embedImage: EmbedImage,
  { uri, source }: ImageDownsampled,
  signal: AbortSignal,
): Promise<EmbedResponse> {
  try {
    return await embedImage(requestFor(uri), signal)
  } catch (error) {
    const gone = error instanceof DomainError && error.reason === 'OBJECT_NOT_FOUND'
    if (!gone || !source) throw error
    return embedImage(requestFor(source.uri), signal)
  }
}

function requestFor(uri: string): EmbedRequest {
  return {
    image: { source: { $case: 'uri', value: uri } },
    model: '',
    faces: FaceSelection.LARGEST,
    regions: [],
    minDetectionScore: undefined,
    maxFaces: 1,
    trueResolution: 0,
    minFaceResolution: 0,
  }
}
