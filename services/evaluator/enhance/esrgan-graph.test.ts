import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSessionEngine } from '../../../libs/engine/session-engine.js'
import { noise } from '../../../libs/onnx/testing/noise.js'
import { writeOnnx } from '../../../libs/onnx/write-onnx.js'
import { type EsrganScale, esrganGraph } from './esrgan-graph.js'
import { generatedWeights } from './testing/generated-weights.js'

interface Golden {
  readonly scale: EsrganScale
  readonly height: number
  readonly width: number
  /** What TensorFlow.js 4.22 answers, [1, height * scale, width * scale, 3], for the package's topology with these weights. */
  readonly values: readonly number[]
}

const golden: readonly Golden[] = JSON.parse(
  await readFile(join(import.meta.dirname, 'testing', 'golden-esrgan.json'), 'utf8'),
)

it.each(golden)('is the network of the package: $scale times', async ({ scale, height, width, values }) => {
  const engine = await createSessionEngine({ model: writeOnnx(esrganGraph(generatedWeights, scale)) })
  const pixels = noise([1, height, width, 3], scale).data
  const area = height * width
  const data = Float32Array.from({ length: pixels.length }, (_, i) => pixels[(i % area) * 3 + Math.floor(i / area)]!)
  const { enhanced } = await engine.run({ image: { dims: [1, 3, height, width], data } })
  await engine.close()
  expect(enhanced?.dims).toEqual([1, 3, height * scale, width * scale])
  const enlarged = area * scale * scale
  expect(values).toHaveLength(3 * enlarged)
  for (const [i, value] of values.entries()) {
    const found = enhanced?.data[(i % 3) * enlarged + Math.floor(i / 3)] as number
    expect(Math.abs(found - value)).toBeLessThan(1e-5)
  }
})
