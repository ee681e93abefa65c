import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { loadTensorFlow } from '../../../libs/engine/tensorflow.js'
import { createExecutor } from '../../../libs/onnx/executor/executor.js'
import { readOnnx } from '../../../libs/onnx/read-onnx.js'
import { distillation } from '../../../services/trainer/scheme/objective.js'
import { createSgd } from '../../../services/trainer/scheme/optimizers.js'
import { createTrainStep, type MicroBatch, trainableVariables } from '../../../services/trainer/scheme/train-step.js'

/*
 * Our side of the training benchmark, in a process of its own like the peer's and with the same commands (train.py):
 * a step's answer also tells the resident memory after it, in bytes.
 */

interface Load {
  readonly model: string
  readonly images: string
  readonly targets: string
  readonly dims: readonly [number, number, number, number]
}

const tf = await loadTensorFlow()
let step: () => Record<string, number>

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Load | { readonly steps: number }
  const answer = 'model' in command ? await load(command) : take(command.steps)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

async function load({ model, images, targets, dims }: Load) {
  const student = createExecutor(tf, readOnnx(await readFile(model)), { batchNorm: 'folded' })
  const variables = trainableVariables(student)
  const features = await floats(targets)
  const batch: MicroBatch = {
    images: { data: await floats(images), dims },
    teacherFeatures: { data: features, dims: [dims[0], features.length / dims[0]] },
  }
  const train = createTrainStep({
    tf,
    student,
    objective: distillation({ contrastWeight: 0, temperature: 1 }),
    optimizer: createSgd(tf, variables, { momentum: 0.9, weightDecay: 1e-5 }),
  })
  step = () => train([batch], { step: 0, rate: 1e-3 })
  const learns = [...variables.values()].reduce((sum, { size }) => sum + size, 0)
  return { learns, about: `TensorFlow.js ${tf.version.tfjs}` }
}

function take(count: number) {
  const ms: number[] = []
  const losses: (number | undefined)[] = []
  for (let taken = 0; taken < count; taken++) {
    const start = performance.now()
    losses.push(step().total)
    ms.push(performance.now() - start)
  }
  return { ms, losses, rss: process.memoryUsage.rss() }
}

async function floats(file: string): Promise<Float32Array> {
  return new Float32Array(new Uint8Array(await readFile(file)).buffer)
}
