import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelProto } from '../../gen/onnx.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { loadTensorFlow, type TensorFlow } from '../../libs/engine/tensorflow.js'
import { faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { createExecutor, type ExecutorOptions } from '../../libs/onnx/executor/executor.js'
import { byExecutor, byRuntime, relativeError } from '../../libs/onnx/executor/testing/compare.js'
import { seResNet50 } from '../../libs/onnx/networks/se-resnet-50.js'
import { readOnnx } from '../../libs/onnx/read-onnx.js'
import { elementCount, setFloats } from '../../libs/onnx/tensor-data.js'
import { noise } from '../../libs/onnx/testing/noise.js'
import { writeOnnx } from '../../libs/onnx/write-onnx.js'
import { distillation } from '../../services/trainer/scheme/objective.js'
import { createSgd } from '../../services/trainer/scheme/optimizers.js'
import { createTrainStep, trainableVariables } from '../../services/trainer/scheme/train-step.js'
import { pythonEnv } from '../fixtures/python-env.js'
import { hasShared, MOBILEFACENET, SHARED } from '../fixtures/shared-models.js'

// What stands beside the executor covers MobileFaceNet in each mode, and face-api's networks and RetinaFace folded.

const CHECK = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)'

let tf: TensorFlow
let folder: string
let paper: ModelProto
beforeAll(async () => {
  tf = await loadTensorFlow()
  paper = paperNetwork()
  folder = await mkdtemp(join(tmpdir(), 'crossres-networks-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The paper's network as if it had learnt: random networks have batch norms that do nothing. */
function paperNetwork(): ModelProto {
  const model = seResNet50(2n)
  // Wavers around what the name asks for by half of it; means and shifts around 0.
  const centre: Readonly<Record<string, number>> = { scale: 1, variance: 1, shift: 0, mean: 0 }
  for (const [index, tensor] of model.graph!.initializer.entries()) {
    const around = centre[tensor.name.split('/').at(-1) ?? '']
    if (around === undefined) continue
    const { data } = noise([elementCount(tensor.dims)], index + 1)
    setFloats(
      tensor,
      Float32Array.from(data, (value) => around + value / 2),
    )
  }
  return model
}

const read = async (file: string) => readOnnx(await readFile(file))
const baseNetwork = async () =>
  read(
    (await importFaceApi({ packageFolder: faceApiFolder(), cacheFolder: join(cacheFolder({}), 'face-api') }))
      .recognition,
  )

async function expectAgreement(
  model: ModelProto,
  dims: readonly number[],
  batchNorm: ExecutorOptions['batchNorm'],
): Promise<void> {
  const executor = createExecutor(tf, model, { batchNorm })
  try {
    const feeds = { [executor.inputs[0]!.name]: noise(dims, 7) }
    const found = byExecutor(tf, executor, feeds)
    for (const [name, { data }] of Object.entries(await byRuntime(model, feeds))) {
      expect(relativeError(found[name]!.data, data)).toBeLessThan(1e-4)
    }
  } finally {
    executor.dispose()
  }
}

describe("the paper's network in the executor", () => {
  it.each(['frozen', 'folded', 'updated'] as const)('computes what ONNX Runtime does: %s', (batchNorm) =>
    expectAgreement(paper, [2, 3, 224, 224], batchNorm),
  )
})

it.skipIf(!hasShared)('the executor computes RetinaFace as ONNX Runtime does: frozen', async () => {
  await expectAgreement(await read(join(SHARED, 'models', 'retinaface-mnet025.onnx')), [1, 3, 96, 128], 'frozen')
})

describe('a network after one step of training', () => {
  it('is a file that the ONNX checker passes and ONNX Runtime runs: the paper’s', () =>
    expectSoundFile(paper, [2, 3, 224, 224]))
  it('is a file that the ONNX checker passes and ONNX Runtime runs: the default model', async () =>
    expectSoundFile(await baseNetwork(), [2, 3, 150, 150]))
  it.skipIf(!hasShared)('is a file that the ONNX checker passes and ONNX Runtime runs: MobileFaceNet', async () =>
    expectSoundFile(await read(MOBILEFACENET), [2, 3, 112, 112]),
  )

  async function expectSoundFile(model: ModelProto, dims: readonly number[]): Promise<void> {
    const student = createExecutor(tf, model, { batchNorm: 'folded' })
    const [input, output] = [student.inputs[0]!.name, student.outputs[0]!.name]
    const optimizer = createSgd(tf, trainableVariables(student), { momentum: 0.9, weightDecay: 1e-5 })
    try {
      const feeds = { [input]: noise(dims, 3) }
      const untrained = (await byRuntime(model, feeds))[output]!
      const objective = distillation({ contrastWeight: 0, temperature: 0.1 })
      const step = createTrainStep({ tf, student, objective, optimizer })
      step([{ images: feeds[input]!, teacherFeatures: noise(untrained.dims, 4) }], { step: 0, rate: 0.01 })

      const file = join(folder, 'trained.onnx')
      await writeFile(file, writeOnnx(student.writeBack()))
      const trained = (await byRuntime(await read(file), feeds))[output]!
      const found = byExecutor(tf, student, feeds)[output]!
      expect(relativeError(trained.data, found.data)).toBeLessThan(1e-4)
      expect(relativeError(trained.data, untrained.data)).toBeGreaterThan(1e-3)
      await promisify(execFile)(await pythonEnv(['onnx==1.19.1']), ['-c', CHECK, file])
    } finally {
      optimizer.dispose()
      student.dispose()
    }
  }
})
