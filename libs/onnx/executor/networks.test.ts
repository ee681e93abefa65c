import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTensorFlow, type TensorFlow } from '../../engine/tensorflow.js'
import { type FaceApiFiles, importFaceApi } from '../../models/face-api/import-face-api.js'
import { readOnnx } from '../read-onnx.js'
import { noise } from '../testing/noise.js'
import { createExecutor, type ExecutorOptions } from './executor.js'
import { byExecutor, byRuntime, relativeError } from './testing/compare.js'

const sharedModels = join(import.meta.dirname, '../../../../shared/models')
let tf: TensorFlow

beforeAll(async () => {
  tf = await loadTensorFlow()
})

/** Runs noise through a file in both and compares every output, relative to its largest value. */
async function expectAgreement(path: string, dims: readonly number[], batchNorm: ExecutorOptions['batchNorm']) {
  const model = readOnnx(readFileSync(path))
  const executor = createExecutor(tf, model, { batchNorm })
  try {
    const feeds = { [executor.inputs[0]!.name]: noise(dims, 7) }
    const found = byExecutor(tf, executor, feeds)
    const expected = await byRuntime(model, feeds)
    expect(Object.keys(found)).toEqual(Object.keys(expected))
    for (const [name, { dims: shape, data }] of Object.entries(expected)) {
      expect(found[name]?.dims).toEqual(shape)
      expect(relativeError(found[name]!.data, data)).toBeLessThan(1e-4)
    }
    expect(executor.variables.size).toBeGreaterThan(10)
  } finally {
    executor.dispose()
  }
}

describe("face-api's networks in the executor", () => {
  let files: FaceApiFiles
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-executor-'))
    const packageFolder = dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json'))
    files = await importFaceApi({ packageFolder, cacheFolder: folder })
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('recognises as ONNX Runtime does', () => expectAgreement(files.recognition, [2, 3, 150, 150], 'folded'))
  it('detects as ONNX Runtime does, at odd sizes of its cells too', () =>
    expectAgreement(files.detector, [1, 3, 96, 160], 'folded'))
  it('finds landmarks as ONNX Runtime does', () => expectAgreement(files.landmarks, [2, 3, 112, 112], 'folded'))
})

describe.skipIf(!existsSync(sharedModels))('networks found in the wild in the executor', () => {
  it('runs MobileFaceNet with its batch norm folded by the exporter', () =>
    expectAgreement(join(sharedModels, 'mobilefacenet-128.onnx'), [1, 3, 112, 112], 'frozen'))
  it.each(['frozen', 'folded', 'updated'] as const)('runs MobileFaceNet with batch norm %s', (batchNorm) =>
    expectAgreement(join(sharedModels, 'mobilefacenet-128-bn.onnx'), [2, 3, 112, 112], batchNorm),
  )
  it('runs a detector with upsampling', () =>
    expectAgreement(join(sharedModels, 'retinaface-mnet025.onnx'), [1, 3, 96, 128], 'folded'))
})
