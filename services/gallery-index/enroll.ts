import { createHash, randomUUID } from 'node:crypto'
import type { FaceInput, ItemError } from '../../gen/crossres/v1/common.js'
import { FaceInput as FaceInputCodec } from '../../gen/crossres/v1/common.js'
import { type EnrollOutcome, type EnrollRequest, EnrollResponse } from '../../gen/crossres/v1/gallery_index.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { publishEvent } from '../../libs/events/event-types.js'
import { idAfter } from '../../libs/events/id-after.js'
import { fromItemError, toItemError } from '../../libs/rpc/rpc-error.js'
import type { EmbedFace, ProbeFace } from './face-embedder.js'
import type { Galleries } from './gallery.js'
import { galleryId, subjectName, toSubject } from './messages.js'
import type { Pictures } from './pictures.js'
import { checkId } from './store/checks.js'
import type { EnrolmentResult, GalleryRecord, KeptPicture, NewFace } from './store/records.js'
import { throughSwitches } from './through-switches.js'

/** What enrolling works with. */
export interface EnrollDeps {
  readonly galleries: Galleries
  readonly embedFace: EmbedFace
  readonly pictures: Pictures
  readonly events: EventBus
}

/** A face of the request that could be embedded, or why it could not. */
type Embedded = Good | { readonly error: ItemError }

interface Good {
  readonly input: FaceInput
  readonly face: ProbeFace
}

const MAX_FACES = 256

/** @returns a function that embeds the faces of a request, stores those that could be, and then answers */
export function createEnroll({ galleries, embedFace, pictures, events }: EnrollDeps) {
  return async function enroll(request: EnrollRequest, signal: AbortSignal): Promise<EnrollResponse> {
    const gallery = galleryId(request.gallery)
    checkId('subject', request.subjectId)
    if (request.faces.length === 0 || request.faces.length > MAX_FACES) {
      throw new DomainError('FIELD_INVALID', `State 1 to ${MAX_FACES} \`faces\` of the subject.`)
    }
    if (request.createGallery) await createMissing(galleries, gallery)
    return throughSwitches(galleries.store, gallery, (record) => enrol(record, request, signal))
  }

  async function enrol(record: GalleryRecord, request: EnrollRequest, signal: AbortSignal): Promise<EnrollResponse> {
    const gallery = record.id
    // A retry must not pay for embedding again, and must answer what was answered before.
    const before = request.requestId ? galleries.store.findAnswer(gallery, request.requestId) : undefined
    if (before) return tell(request, EnrollResponse.decode(before), record.modelVersion)

    const model = record.modelVersion || record.model
    const embedded = await Promise.all(request.faces.map((face) => embedOne(embedFace, face, model, signal)))
    const good = embedded.filter((item) => 'face' in item)
    const [first] = good
    if (!first) throw fromItemError((embedded[0] as { error: ItemError }).error)
    const { modelVersion } = first.face
    if (good.some(({ face }) => face.modelVersion !== modelVersion)) {
      throw new DomainError(
        'EMBEDDING_MODEL_MISMATCH',
        'The faces of one enrolment come from different model versions: embed all of them with one.',
      )
    }
    signal.throwIfAborted()

    const answerWith = (result: EnrolmentResult): EnrollResponse => ({
      subject: toSubject(gallery, result.subject),
      outcomes: toOutcomes(embedded, result),
    })
    const inputs = good.map(({ input }) => input)
    const outcome = await pictures.keep(gallery, inputs, signal, (kept) =>
      galleries.enrol({
        galleryId: gallery,
        subjectId: request.subjectId,
        modelVersion,
        faces: good.map((item, i) => toNewFace(item, kept[i])),
        labels: request.labels,
        ...(request.displayName && { displayName: request.displayName }),
        ...(request.requestId && {
          request: {
            id: request.requestId,
            encodeAnswer: (result) => EnrollResponse.encode(answerWith(result)).finish(),
          },
        }),
      }),
    )
    const answer = outcome.repeated && outcome.answer ? EnrollResponse.decode(outcome.answer) : answerWith(outcome)
    return tell(request, answer, modelVersion)
  }

  /** Publishes what was added; of a repeated request again, by the same id, for the first try may have died before it could. */
  async function tell(request: EnrollRequest, answer: EnrollResponse, modelVersion: string): Promise<EnrollResponse> {
    const faceIds = answer.outcomes.flatMap(({ result }) =>
      result?.$case === 'enrolled' && !result.value.alreadyPresent ? [result.value.faceId] : [],
    )
    if (faceIds.length === 0) return answer
    const { gallery, requestId } = request
    const subject = subjectName(galleryId(gallery), request.subjectId)
    const id = requestId ? idAfter(JSON.stringify([gallery, requestId]), 'subject.enrolled') : randomUUID()
    await publishEvent(events, 'subject.enrolled', subject, { subject, faceIds, modelVersion }, id)
    return answer
  }
}

async function createMissing({ store }: Galleries, id: string): Promise<void> {
  try {
    store.getGallery(id)
  } catch (error) {
    if (!(error instanceof DomainError && error.reason === 'GALLERY_NOT_FOUND')) throw error
    await store.createGallery({ id }).catch((failure: unknown) => {
      // Another call made it in between.
      if (!(failure instanceof DomainError && failure.reason === 'GALLERY_ALREADY_EXISTS')) throw failure
    })
  }
}

async function embedOne(embedFace: EmbedFace, input: FaceInput, model: string, signal: AbortSignal): Promise<Embedded> {
  try {
    return { input, face: await embedFace(input, model, signal) }
  } catch (error) {
    signal.throwIfAborted()
    return { error: toItemError(error) }
  }
}

/** The same picture with the same face in it, or the same embedding, is the same face. */
function sourceOf(input: FaceInput): string {
  return createHash('sha256').update(FaceInputCodec.encode(input).finish()).digest('base64url')
}

function toNewFace({ input, face }: Good, picture: KeptPicture | undefined): NewFace {
  return {
    embedding: face.vector,
    faceResolution: face.face.faceResolution,
    detectionScore: face.face.region?.detectionScore ?? 0,
    source: sourceOf(input),
    ...(picture && { picture }),
  }
}

function toOutcomes(embedded: readonly Embedded[], result: EnrolmentResult): EnrollOutcome[] {
  const stored = result.faces.values()
  return embedded.map((item): EnrollOutcome => {
    if ('error' in item) return { result: { $case: 'error', value: item.error } }
    const face = stored.next().value
    if (!face) throw new Error('the store answered fewer faces than it was given')
    return {
      result: {
        $case: 'enrolled',
        value: { faceId: String(face.key), face: item.face.face, alreadyPresent: face.alreadyPresent },
      },
    }
  })
}
