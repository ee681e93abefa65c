import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { decodeImage } from '../../../libs/image/decode.js'
import type { RgbImage } from '../../../libs/image/rgb-image.js'
import { BASE_MODEL, faceApiFolder } from '../../../libs/models/base-model.js'
import { decodeEmbedding } from '../../../libs/models/embedding.js'
import type { Clients } from '../../../libs/rpc/client.js'
import type { StartProgress } from '../progress.js'
import { modelName } from '../resource-names.js'
import { changed, createCutFace, PROBE_BRIGHTNESS, PROBE_SHIFT } from './cut-face.js'
import { distinctFaces } from './distinct-faces.js'
import type { EnrolledFace, Material, Probe } from './material.js'

const PHOTOGRAPHS = [1, 2, 3, 4, 5, 6]
/** Below this the default detector also takes necklines for faces. */
const MIN_DETECTION_SCORE = 0.6
/**
 * Two sharp faces on different photographs that score at least this are one person. Under the base model one
 * pair of these photographs does (0.958; the next one has 0.934), and the eye agrees.
 */
const SAME_PERSON = 0.95

interface FoundFace extends Omit<EnrolledFace, 'subject'> {
  readonly photograph: number
  /** `photo 1 face 2`, from left to right. */
  readonly label: string
  readonly image: RgbImage
  readonly vector: Float32Array
}

/**
 * The faces of the six photographs that the npm package of the base model ships. Each is enrolled with its place given; the probe is
 * the same face, shifted, mirrored and darker.
 */
export async function samplePhotographs(
  { embedder }: Clients,
  model: Model,
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<Material> {
  const found = await findFaces(embedder, model, startProgress, signal)
  const subjects = nameSubjects(found)
  const cutShifted = createCutFace(model, PROBE_SHIFT)
  const probes: Probe[] = found.map(({ image, region, label }, index) => ({
    subject: subjects[index] as string,
    label,
    chip: changed(cutShifted(image, region)),
  }))
  return {
    source: 'Six photographs of the npm package @vladmandic/face-api',
    enrolled: found.map(({ picture, region, chip }, index) => ({
      subject: subjects[index] as string,
      picture,
      region,
      chip,
    })),
    probes,
    remarks: [...sharedSubjects(found, subjects), ...REMARKS],
  }
}

async function findFaces(
  embedder: Clients['embedder'],
  model: Model,
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<FoundFace[]> {
  const cut = createCutFace(model)
  const found: FoundFace[] = []
  const progress = startProgress('Finding faces', PHOTOGRAPHS.length)
  try {
    for (const photograph of PHOTOGRAPHS) {
      const picture = await readFile(join(faceApiFolder(), 'demo', `sample${photograph}.jpg`))
      const image = await decodeImage(picture)
      const { faces } = await embedder.embed(
        {
          image: { source: { $case: 'content', value: picture } },
          model: modelName(BASE_MODEL),
          faces: FaceSelection.ALL,
          minDetectionScore: MIN_DETECTION_SCORE,
        },
        { signal },
      )
      const distinct = distinctFaces(
        faces.flatMap(({ face, embedding }) =>
          face?.region && embedding ? [{ region: face.region, vector: decodeEmbedding(embedding) }] : [],
        ),
      )
      // From left to right, as a caption names people.
      distinct.sort((one, other) => (one.region.box?.x ?? 0) - (other.region.box?.x ?? 0))
      for (const [index, face] of distinct.entries()) {
        const label = `photo ${photograph} face ${index + 1}`
        found.push({ ...face, photograph, label, image, picture, chip: cut(image, face.region) })
      }
      progress.advance()
    }
    return found
  } finally {
    progress.stop()
  }
}

/** @returns for each face its subject: its own label, or the name that the same person has on an earlier photograph */
function nameSubjects(found: readonly FoundFace[]): string[] {
  const names: string[] = []
  for (const face of found) {
    const earlier = found
      .slice(0, names.length)
      .findIndex((other) => other.photograph !== face.photograph && cosine(face.vector, other.vector) >= SAME_PERSON)
    names.push(names[earlier] ?? face.label)
  }
  return names
}

function sharedSubjects(found: readonly FoundFace[], subjects: readonly string[]): string[] {
  const shared = [...new Set(subjects)].filter((name) => subjects.indexOf(name) !== subjects.lastIndexOf(name))
  return shared.map((name) => {
    const photographs = found.flatMap((face, index) => (subjects[index] === name ? [face.photograph] : []))
    return `The photographs ${photographs.join(' and ')} show one person (the base model scores at least ${SAME_PERSON}, and the eye agrees): enrolled as one subject, “${name}”.`
  })
}

function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] as number), 0)
}

const REMARKS = [
  `Every probe is cut from the very photograph that its subject was enrolled from (moved by ${PROBE_SHIFT * 100} %, mirrored, ${Math.round((1 - PROBE_BRIGHTNESS) * 100)} % darker): pose, light, age and camera do not change, so the scores are far better than in the field.`,
  'A handful of faces is no evaluation: one probe more or less right changes the share by several points.',
]
