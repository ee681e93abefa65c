import type { ModelCard } from '../../../../libs/models/model-card.js'
import { versionName } from '../../../../libs/models/model-name.js'
import { createModelRegistry } from '../../../../libs/models/model-registry.js'
import type { ObjectStore } from '../../../../libs/objects/object-store.js'
import { ints } from '../../../../libs/onnx/attributes.js'
import { createGraphBuilder } from '../../../../libs/onnx/graph-builder.js'
import { noise } from '../../../../libs/onnx/testing/noise.js'
import { writeOnnx } from '../../../../libs/onnx/write-onnx.js'

const DIMENSION = 16
const SIDE = 32

/** A network with every kind of state that a training has: convolution, batch normalisation, PReLU, dense. [n, 3, 32, 32] -> [n, 16] */
export function smallFaceNetwork(): Uint8Array {
  const graph = createGraphBuilder('small-face')
  const image = graph.input('image', ['batch', 3, SIDE, SIDE])
  const scaled = (name: string, dims: number[], seed: number, scale: number) =>
    graph.floats(
      name,
      dims,
      noise(dims, seed).data.map((value) => value * scale),
    )
  const convolved = graph.node(
    'Conv',
    [image, scaled('conv', [8, 3, 3, 3], 1, 0.4)],
    [ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])],
  )
  const norm = [
    graph.floats('gamma', [8], new Float32Array(8).fill(1)),
    scaled('beta', [8], 2, 0.1),
    scaled('mean', [8], 3, 0.1),
    graph.floats('variance', [8], new Float32Array(8).fill(0.5)),
  ]
  const normed = graph.node('BatchNormalization', [convolved, ...norm])
  const active = graph.node('PRelu', [normed, graph.floats('slope', [8, 1, 1], new Float32Array(8).fill(0.25))])
  const weight = scaled('fc', [8 * 16 * 16, DIMENSION], 4, 0.05)
  graph.node('Gemm', [graph.node('Flatten', [active]), weight], [], 'feature')
  graph.output('feature', ['batch', DIMENSION])
  return writeOnnx(graph.build())
}

/** The card of {@link smallFaceNetwork}. */
const SMALL_FACE_CARD: ModelCard = {
  schema: 1,
  input: {
    width: SIDE,
    height: SIDE,
    colourOrder: 'RGB',
    mean: [127.5, 127.5, 127.5],
    scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
    layout: 'NCHW',
  },
  crop: { kind: 'margin', margin: 0, resize: 36 },
  inputName: 'image',
  outputName: 'feature',
  dimension: DIMENSION,
  normalises: false,
  batch: 'dynamic',
  licence: 'Apache-2.0',
  origin: 'noise, for tests',
}

/** Registers the network. @returns its version's name */
export async function putSmallModel(objects: ObjectStore, name = 'small'): Promise<string> {
  const version = await createModelRegistry({ objects }).put(name, smallFaceNetwork(), SMALL_FACE_CARD)
  return versionName(name, version)
}
