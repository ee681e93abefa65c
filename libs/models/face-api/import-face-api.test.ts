import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../engine/engine.js'
import { createSessionEngine } from '../../engine/session-engine.js'
import { batchDisagreement } from '../../onnx/batch-agreement.js'
import { checkInference } from '../../onnx/check-inference.js'
import { readOnnx } from '../../onnx/read-onnx.js'
import { noise } from '../../onnx/testing/noise.js'
import { DETECTOR_INPUT } from './detector-graph.js'
import { type FaceApiFiles, importFaceApi } from './import-face-api.js'
import { LANDMARKS_INPUT } from './landmarks-graph.js'
import { RECOGNITION_INPUT } from './recognition-graph.js'

interface Golden {
  readonly network: keyof FaceApiFiles
  readonly side: number
  readonly photograph: string
  readonly values: readonly number[]
}

const packageFolder = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))
const goldenFile = join(import.meta.dirname, '../../../test/fixtures/face-api/golden-face-api.json')
const golden: readonly Golden[] = JSON.parse(await readFile(goldenFile, 'utf8'))

let folder: string
let files: FaceApiFiles
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'face-api-'))
  files = await importFaceApi({ packageFolder, cacheFolder: join(folder, 'cache') })
})
afterAll(() => rm(folder, { recursive: true }))

const engineOf = async (network: keyof FaceApiFiles): Promise<Engine> => createSessionEngine({ model: files[network] })

describe('the imported networks', () => {
  // face-api divides by 255 throughout, also where dlib, who trained the recognition network, divides by 256.
  const MEANS = { recognition: RECOGNITION_INPUT.mean, detector: DETECTOR_INPUT.mean, landmarks: LANDMARKS_INPUT.mean }

  it.each(golden)(
    "agree with face-api's own code: $network of $photograph",
    async ({ network, side, photograph, values }) => {
      const pixels = await sharp(join(packageFolder, 'demo', photograph))
        .resize(side, side, { fit: 'fill', kernel: 'nearest' })
        .raw()
        .toBuffer()
      const engine = await engineOf(network)
      const outputs = await engine.run({ image: prepared(pixels, side, MEANS[network], 1 / 255) })
      const found = Object.values(outputs)[0]!.data
      expect(found).toHaveLength(values.length)
      expect(cosine(found, values)).toBeGreaterThan(0.999999)
      const largest = Math.max(...values.map(Math.abs))
      for (const [index, value] of values.entries())
        expect(Math.abs(found[index]! - value)).toBeLessThan(1e-5 * largest)
    },
  )

  it.each([
    ['recognition', [1, 3, 150, 150]],
    ['detector', [1, 3, 64, 96]],
    ['landmarks', [1, 3, 112, 112]],
  ] as const)('%s computes each picture of a batch by itself', async (network, dims) => {
    const pictures = [1, 2, 3].map((seed) => noise(dims, seed))
    expect(await batchDisagreement(await engineOf(network), pictures)).toBeLessThan(1e-5)
  })

  it('detects on pictures of any width and height in multiples of 32', async () => {
    const { grid } = await (await engineOf('detector')).run({ image: noise([2, 3, 96, 160], 1) })
    expect(grid?.dims).toEqual([2, 25, 3, 5])
  })

  it.each(['recognition', 'detector', 'landmarks'] as const)('%s passes as an inference export', async (network) => {
    const model = readOnnx(await readFile(files[network]))
    expect(() => checkInference(model)).not.toThrow()
  })
})

describe('importFaceApi', () => {
  it('makes the same bytes every time and leaves nothing else behind', async () => {
    const again = await importFaceApi({ packageFolder, cacheFolder: join(folder, 'again') })
    for (const network of ['recognition', 'detector', 'landmarks'] as const) {
      expect(Buffer.compare(await readFile(files[network]), await readFile(again[network])), network).toBe(0)
    }
    expect((await readdir(join(folder, 'again'))).sort()).toEqual([
      'checksums.json',
      'detector.onnx',
      'landmarks.onnx',
      'recognition.onnx',
    ])
  })

  it('makes a damaged file anew and leaves the sound ones alone', async () => {
    const cacheFolder = join(folder, 'cache')
    const sound = await readFile(files.detector)
    const { mtimeMs } = await stat(files.recognition)
    const damaged = Buffer.from(sound)
    damaged[5000]! ^= 1
    await writeFile(files.detector, damaged)
    await rm(files.landmarks)
    await importFaceApi({ packageFolder, cacheFolder })
    expect(Buffer.compare(await readFile(files.detector), sound)).toBe(0)
    expect((await stat(files.landmarks)).size).toBeGreaterThan(1_000_000)
    expect((await stat(files.recognition)).mtimeMs).toBe(mtimeMs)
  })

  it('does not trust files without readable checksums', async () => {
    const cacheFolder = join(folder, 'untrusted')
    const first = await importFaceApi({ packageFolder, cacheFolder })
    const sound = await readFile(first.detector)
    await writeFile(first.detector, 'something else')
    await writeFile(join(cacheFolder, 'checksums.json'), '{"version":0}')
    await importFaceApi({ packageFolder, cacheFolder })
    expect(Buffer.compare(await readFile(first.detector), sound)).toBe(0)
  })

  it('refuses weights of another version, and makes no file of them', async () => {
    const other = join(folder, 'other')
    await cp(join(packageFolder, 'model'), join(other, 'model'), { recursive: true })
    const binary = join(other, 'model', 'face_recognition_model.bin')
    const bytes = await readFile(binary)
    bytes[1000]! ^= 1
    await writeFile(binary, bytes)
    const cacheFolder = join(folder, 'refused')
    await expect(importFaceApi({ packageFolder: other, cacheFolder })).rejects.toMatchObject({
      reason: 'MODEL_WEIGHTS_UNKNOWN',
      message: expect.stringContaining('face_recognition_model.bin'),
    })
    expect(await readdir(cacheFolder)).toEqual([])
  })

  it('says so when the package is not there', async () => {
    const missing = importFaceApi({ packageFolder: join(folder, 'nowhere'), cacheFolder: join(folder, 'empty') })
    await expect(missing).rejects.toMatchObject({ reason: 'MODEL_WEIGHTS_MISSING' })
  })
})

/** Interleaved RGB bytes as [1, 3, side, side]. */
function prepared(pixels: Uint8Array, side: number, mean: readonly number[], scale: number) {
  const area = side * side
  const data = new Float32Array(3 * area)
  for (let index = 0; index < area; index++) {
    for (let c = 0; c < 3; c++) data[c * area + index] = (pixels[index * 3 + c]! - mean[c]!) * scale
  }
  return { dims: [1, 3, side, side], data }
}

function cosine(a: ArrayLike<number>, b: readonly number[]): number {
  const dot = (u: ArrayLike<number>, v: ArrayLike<number>) => b.reduce((sum, _, i) => sum + u[i]! * v[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
