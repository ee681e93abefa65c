import type { FaceInput } from '../../gen/crossres/v1/common.js'
import type { MatchRequest, MatchResponse, VerifyRequest, VerifyResponse } from '../../gen/crossres/v1/gallery_index.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { FindCalibration } from './calibrations.js'
import type { Decide } from './decide.js'
import type { EmbedFace, ProbeFace } from './face-embedder.js'
import { fuse } from './fuse.js'
import type { Galleries } from './gallery.js'
import { galleryId, subjectName } from './messages.js'
import type { GalleryRecord } from './store/records.js'
import { throughSwitches } from './through-switches.js'

/** What comparing works with. */
export interface MatchDeps {
  readonly galleries: Galleries
  readonly embedFace: EmbedFace
  readonly findCalibration: FindCalibration
  readonly decide: Decide
}

const MAX_FACES = 64
const DEFAULT_CANDIDATES = 10
const MAX_CANDIDATES = 1_000

/** @returns functions that search a gallery (1:N) and compare two faces (1:1) */
export function createMatch({ galleries, embedFace, findCalibration, decide }: MatchDeps) {
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

  async function search(record: GalleryRecord, request: MatchRequest, signal: AbortSignal): Promise<MatchResponse> {
    const gallery = record.id
    const probe = await toTemplate(request.probe, 'probe', record.modelVersion || record.model, signal)
    const wanted = Math.min(request.maxCandidates || DEFAULT_CANDIDATES, MAX_CANDIDATES)
    const probes = { modelVersion: probe.modelVersion, templates: [probe.vector] }
    const [[hits = []], calibration] = await Promise.all([
      galleries.search(gallery, probes, wanted, signal),
      findCalibration(probe.modelVersion),
    ])
    const { decision, threshold, fmrOf } = decide({
      score: hits[0]?.score,
      target: request.target,
      resolution: probe.resolution,
      templates: record.templatePolicy === 'fused' ? record.subjectCount : record.faceCount,
      calibration,
    })
    return {
      candidates: hits.map(({ subjectId, score }, index) => ({
        subject: subjectName(gallery, subjectId),
        displayName: displayNameOf(galleries, gallery, subjectId),
        score,
        rank: index + 1,
        fmr: fmrOf(score),
      })),
      decision,
      threshold,
      probeFaces: probe.faces,
      probeResolution: probe.resolution,
      gallerySize: BigInt(record.subjectCount),
      modelVersion: probe.modelVersion,
    }
  }

  return {
    match: (request: MatchRequest, signal: AbortSignal): Promise<MatchResponse> =>
      throughSwitches(galleries.store, galleryId(request.gallery), (gallery) => search(gallery, request, signal)),

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
      const resolution = lower(reference.resolution, probe.resolution)
      const calibration = await findCalibration(probe.modelVersion)
      const { decision, threshold, fmrOf } = decide({
        score,
        target: request.target,
        resolution,
        reference: higher(reference.resolution, probe.resolution),
        calibration,
      })
      return {
        score,
        decision,
        threshold,
        fmr: fmrOf(score),
        referenceFaces: reference.faces,
        probeFaces: probe.faces,
        resolution,
        modelVersion: probe.modelVersion,
      }
    },
  }
}

/** The lower of two resolutions, where 0 stands for an unknown one, which counts as full. */
const lower = (one: number, other: number) => (one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other))
const higher = (one: number, other: number) => (one === 0 || other === 0 ? 0 : Math.max(one, other))

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
