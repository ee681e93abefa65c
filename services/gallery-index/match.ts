import type { FaceInput } from '../../gen/crossres/v1/common.js'
import type { MatchRequest, MatchResponse, VerifyRequest, VerifyResponse } from '../../gen/crossres/v1/gallery_index.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { decide } from './decide.js'
import type { EmbedFace, ProbeFace } from './face-embedder.js'
import { fuse } from './fuse.js'
import type { Galleries } from './gallery.js'
import { galleryId, subjectName } from './messages.js'

/** What comparing works with. */
export interface MatchDeps {
  readonly galleries: Galleries
  readonly embedFace: EmbedFace
}

const MAX_FACES = 64
const DEFAULT_CANDIDATES = 10
const MAX_CANDIDATES = 1_000

/** @returns functions that search a gallery (1:N) and compare two faces (1:1) */
export function createMatch({ galleries, embedFace }: MatchDeps) {
  /** Faces of one person become one template. */
  const toTemplate = async (inputs: readonly FaceInput[], field: string, model: string, signal: AbortSignal) => {
    if (inputs.length === 0) throw new DomainError('FIELD_MISSING', `\`${field}\` needs at least one face.`)
    if (inputs.length > MAX_FACES)
      throw new DomainError('FIELD_INVALID', `\`${field}\` takes up to ${MAX_FACES} faces of one person.`)
    const faces = await Promise.all(inputs.map((input) => embedFace(input, model, signal)))
    const [first] = faces as [ProbeFace, ...ProbeFace[]]
    for (const face of faces) checkSameModel(first, face)
    return {
      vector: fuse(faces.map((face) => face.vector)),
      modelVersion: first.modelVersion,
      faces: faces.map((face) => face.face),
      // A track is as good as its best face.
      resolution: Math.max(...faces.map((face) => face.face.faceResolution)),
    }
  }

  return {
    async match(request: MatchRequest, signal: AbortSignal): Promise<MatchResponse> {
      const gallery = galleryId(request.gallery)
      const record = galleries.store.getGallery(gallery)
      const probe = await toTemplate(request.probe, 'probe', record.modelVersion || record.model, signal)
      const wanted = Math.min(request.maxCandidates || DEFAULT_CANDIDATES, MAX_CANDIDATES)
      const probes = { modelVersion: probe.modelVersion, templates: [probe.vector] }
      const [hits = []] = await galleries.search(gallery, probes, wanted, signal)
      const { decision, threshold } = decide(hits[0]?.score, request.target, probe.resolution)
      return {
        candidates: hits.map(({ subjectId, score }, index) => ({
          subject: subjectName(gallery, subjectId),
          displayName: displayNameOf(galleries, gallery, subjectId),
          score,
          rank: index + 1,
          fmr: undefined,
        })),
        decision,
        threshold,
        probeFaces: probe.faces,
        probeResolution: probe.resolution,
        gallerySize: BigInt(record.subjectCount),
        modelVersion: probe.modelVersion,
      }
    },

    async verify(request: VerifyRequest, signal: AbortSignal): Promise<VerifyResponse> {
      if (request.target?.target?.$case === 'targetFpir') {
        throw new DomainError(
          'FIELD_INVALID',
          '`target_fpir` belongs to searches: state `target_fmr` for one comparison.',
        )
      }
      const [reference, probe] = await Promise.all([
        toTemplate(request.reference, 'reference', request.model, signal),
        toTemplate(request.probe, 'probe', request.model, signal),
      ])
      checkSameModel(reference, probe)
      const score = cosine(reference.vector, probe.vector)
      const resolution = Math.min(reference.resolution, probe.resolution)
      const { decision, threshold } = decide(score, request.target, resolution)
      return {
        score,
        decision,
        threshold,
        fmr: undefined,
        referenceFaces: reference.faces,
        probeFaces: probe.faces,
        resolution,
        modelVersion: probe.modelVersion,
      }
    },
  }
}

/** Empty for a subject who was deleted since the search. */
function displayNameOf({ store }: Galleries, gallery: string, subject: string): string {
  try {
    return store.getSubject(gallery, subject).displayName
  } catch (error) {
    if (error instanceof DomainError) return ''
    throw error
  }
}

interface Comparable {
  readonly vector: Float32Array
  readonly modelVersion: string
}

function checkSameModel(one: Comparable, other: Comparable): void {
  if (one.modelVersion !== other.modelVersion) {
    throw new DomainError(
      'EMBEDDING_MODEL_MISMATCH',
      `Embeddings of ${one.modelVersion} and ${other.modelVersion} cannot be compared: embed both with one model version.`,
      { expected: one.modelVersion, actual: other.modelVersion },
    )
  }
  if (one.vector.length !== other.vector.length) {
    throw new DomainError(
      'EMBEDDING_DIMENSION_MISMATCH',
      `Embeddings of ${one.vector.length} and ${other.vector.length} values cannot be compared.`,
    )
  }
}

/** Of two vectors of length one, in [-1, 1] whatever the rounding. */
function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += (one[i] as number) * (other[i] as number)
  return Math.max(-1, Math.min(1, sum))
}
