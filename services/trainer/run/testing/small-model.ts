import type { ModelCard } from '../../../../libs/models/model-card.js'
import { createModelRegistry } from '../../../../libs/models/model-registry.js'
import type { ObjectStore } from '../../../../libs/objects/object-store.js'
import { ints } from '../../../../libs/onnx/attributes.js'
import { createGraphBuilder } from '../../../../libs/onnx/graph-builder.js'
import { noise } from '../../../../libs/onnx/testing/noise.js'
import { writeOnnx } from '../../../../libs/onnx/write-onnx.js'

const SIDE = 32

/** [n, 3, 32, 32] -> [n, 8]: convolution, batch norm, PReLU, dense. */
function network() {
  const graph = createGraphBuilder('small-face')
  const floats = (name: string, dims: number[], seed: number, scale = 1) => {
    const { data } = noise(dims, seed)
    return graph.floats(
      name,
      dims,
      data.map((value) => value * scale),
    )
  }
  const image = graph.input('image', ['batch', 3, SIDE, SIDE])
  const conv = graph.node('Conv', [image, floats('conv', [6, 3, 5, 5], 1, 0.2)], [ints('strides', [4, 4])])
  const norm = ['gamma', 'beta', 'mean'].map((name, i) => floats(name, [6], i + 2))
  norm.push(graph.floats('variance', [6], Float32Array.of(0.5, 1, 2, 0.8, 1, 1)))
  const active = graph.node('PRelu', [
    graph.node('BatchNormalization', [conv, ...norm]),
    floats('slope', [6, 1, 1], 8, 0.2),
  ])
  graph.node('Gemm', [graph.node('Flatten', [active]), floats('fc', [294, 8], 6, 0.1)], [], 'feature')
  graph.output('feature', ['batch', 8])
  return graph.build()
}

const CARD: ModelCard = {
  schema: 1,
  input: {
    width: SIDE,
    height: SIDE,
    colourOrder: 'RGB',
    mean: [127.5, 127.5, 127.5],
    scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
    layout: 'NCHW',
  },
  crop: { kind: 'margin', margin: 0.3, resize: 36 },
  inputName: 'image',
  outputName: 'feature',
  dimension: 8,
  normalises: false,
  batch: 'dynamic',
  licence: 'Apache-2.0',
  origin: 'random weights',
}

/** Registers a network that trains in no time. @returns its version's name */
export async function putSmallModel(objects: ObjectStore, name = 'small'): Promise<string> {
  const version = await createModelRegistry({ objects }).put(name, writeOnnx(network()), CARD)
  return `models/${name}/versions/${version}`
}
