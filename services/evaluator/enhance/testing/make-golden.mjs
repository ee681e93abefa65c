// Makes golden-esrgan.json: what TensorFlow.js answers for the package's topology with generated weights.
// npm pack @upscalerjs/esrgan-slim@1.0.0 && tar xzf upscalerjs-esrgan-slim-1.0.0.tgz && npm run build
// node services/evaluator/enhance/testing/make-golden.mjs package
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { noise } from '../../../../dist/libs/onnx/testing/noise.js'
import { generatedWeights } from '../../../../dist/services/evaluator/enhance/testing/generated-weights.js'

const [packageFolder] = process.argv.slice(2)
await tf.setBackend('cpu')
const golden = []
for (const { scale, height, width } of [
  { scale: 2, height: 3, width: 4 },
  { scale: 3, height: 2, width: 3 },
]) {
  const file = join(packageFolder, 'models', `x${scale}`, 'model.json')
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(file, 'utf8'))
  const weightSpecs = weightsManifest[0].weights
  const parts = weightSpecs.map(({ name, shape }) => Buffer.from(generatedWeights(name, shape).data.buffer))
  const weightData = Uint8Array.from(Buffer.concat(parts)).buffer
  const model = await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) })
  const dims = [1, height, width, 3]
  const answer = model.predict(tf.tensor(noise(dims, scale).data, dims))
  golden.push({ scale, height, width, values: [...answer.dataSync()].map((value) => Number(value.toPrecision(7))) })
}
await writeFile(join(import.meta.dirname, 'golden-esrgan.json'), `${JSON.stringify(golden)}\n`)
