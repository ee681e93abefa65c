import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ModelProto } from '../../../gen/onnx.js'
import { DomainError } from '../../config/domain-error.js'
import { writeOnnx } from '../../onnx/write-onnx.js'
import { detectorGraph } from './detector-graph.js'
import { landmarksGraph } from './landmarks-graph.js'
import { readWeights, type WeightLookup, weightLookup } from './read-weights.js'
import { recognitionGraph } from './recognition-graph.js'

/** Paths of the three imported ONNX files. */
export interface FaceApiFiles {
  readonly recognition: string
  readonly detector: string
  readonly landmarks: string
}

type NetworkName = keyof FaceApiFiles

interface Source {
  readonly stem: string
  /** SHA-256 of the manifest and of the binary in @vladmandic/face-api 1.7.15. */
  readonly manifest: string
  readonly binary: string
  readonly graph: (weight: WeightLookup) => ModelProto
}

const SOURCES: Readonly<Record<NetworkName, Source>> = {
  recognition: {
    stem: 'face_recognition_model',
    manifest: 'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
    binary: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
    graph: recognitionGraph,
  },
  detector: {
    stem: 'tiny_face_detector_model',
    manifest: '5d1af4849ac48d5b985f4a9b16010c512353ddd6fcc63d50fd0bc9e9e64296e5',
    binary: 'b7503ce7df31039b1c43316a9b865cab6a70dd748cc602d3fa28b551503c3871',
    graph: detectorGraph,
  },
  landmarks: {
    stem: 'face_landmark_68_model',
    manifest: 'ca4886639f86e99b39fed0c155f81b63317225773bd9616716e887b0153389c9',
    binary: '4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b',
    graph: landmarksGraph,
  },
}

/** Counts changes of the graphs, so that files made by an older crossres are made anew. */
const IMPORT_VERSION = 1

const Checksums = z.object({ version: z.literal(IMPORT_VERSION), sha256: z.record(z.string(), z.string()) })

/**
 * Imports the three networks of the npm package @vladmandic/face-api 1.7.15 (MIT) into ONNX files, once: later calls only
 * verify the SHA-256 of the files in the cache and make a damaged or missing one anew. Equal sources give equal bytes.
 * Processes may share the folder and import at once.
 * @param options.packageFolder where the package is installed
 * @param options.cacheFolder where the files go; made when missing
 * @returns the paths of the files
 * @throws DomainError MODEL_WEIGHTS_MISSING when the package is not there, MODEL_WEIGHTS_UNKNOWN when its weights are not
 *   those of version 1.7.15, MODEL_WEIGHTS_INVALID when they do not fit the networks
 */
export async function importFaceApi(options: { packageFolder: string; cacheFolder: string }): Promise<FaceApiFiles> {
  const { packageFolder, cacheFolder } = options
  await mkdir(cacheFolder, { recursive: true })
  const path = (name: NetworkName) => join(cacheFolder, `${name}.onnx`)
  const files = { recognition: path('recognition'), detector: path('detector'), landmarks: path('landmarks') }
  const names = Object.keys(SOURCES) as NetworkName[]

  const checksumsFile = join(cacheFolder, 'checksums.json')
  const known = await readChecksums(checksumsFile)
  const sha256: Record<string, string> = {}
  let changed = false
  for (const name of names) {
    const cached = await digestOfFile(files[name])
    if (cached !== undefined && cached === known[name]) {
      sha256[name] = cached
      continue
    }
    const bytes = await convert(packageFolder, SOURCES[name])
    await writeAtomically(files[name], bytes)
    sha256[name] = digest(bytes)
    changed = true
  }
  if (changed) {
    const checksums: z.infer<typeof Checksums> = { version: IMPORT_VERSION, sha256 }
    await writeAtomically(checksumsFile, Buffer.from(`${JSON.stringify(checksums, null, 2)}\n`))
  }
  return files
}

async function convert(packageFolder: string, source: Source): Promise<Uint8Array> {
  const manifest = await readPinned(
    join(packageFolder, 'model', `${source.stem}-weights_manifest.json`),
    source.manifest,
  )
  const binary = await readPinned(join(packageFolder, 'model', `${source.stem}.bin`), source.binary)
  return writeOnnx(source.graph(weightLookup(readWeights(manifest.toString('utf8'), binary))))
}

async function readPinned(file: string, pinned: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((cause) => {
    const message = `The weight file ${file} cannot be read. Install the package @vladmandic/face-api 1.7.15.`
    throw new DomainError('MODEL_WEIGHTS_MISSING', message, { file }, cause)
  })
  const found = digest(bytes)
  if (found === pinned) return bytes
  throw new DomainError(
    'MODEL_WEIGHTS_UNKNOWN',
    `The weight file ${file} is not the one of @vladmandic/face-api 1.7.15 (SHA-256 ${found}, expected ${pinned}). Install that version.`,
    { file, found, expected: pinned },
  )
}

/** The digests noted at the last import; none when there was none, or when it was another version's or is damaged. */
async function readChecksums(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return Checksums.parse(JSON.parse(await readFile(file, 'utf8'))).sha256
  } catch {
    return {}
  }
}

async function digestOfFile(file: string): Promise<string | undefined> {
  return readFile(file).then(digest, () => undefined)
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A reader never sees half a file: it is written beside its place and then renamed. */
async function writeAtomically(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, bytes)
  await rename(draft, file)
}
