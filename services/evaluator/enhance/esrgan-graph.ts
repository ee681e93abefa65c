import type { ModelProto } from '../../../gen/onnx.js'
import { conv, SAME, VALID } from '../../../libs/models/face-api/layers.js'
import type { WeightLookup } from '../../../libs/models/face-api/read-weights.js'
import { int, text } from '../../../libs/onnx/attributes.js'
import { createGraphBuilder } from '../../../libs/onnx/graph-builder.js'

/** Factors that the package has a network for. */
export const ESRGAN_SCALES = [2, 3, 4, 8] as const

/** See ESRGAN_SCALES. */
export type EsrganScale = (typeof ESRGAN_SCALES)[number]

/** Its sizes as the literature names them: features, growth, dense blocks; one convolution a block. */
const FEATURES = 64
const GROWTH = 4
const BLOCKS = [1, 2] as const

/** Keeps the size under a 5x5 kernel. */
const SAME_5 = { stride: 1, pads: [2, 2, 2, 2] } as const

/**
 * The residual dense network of @upscalerjs/esrgan-slim (Zhang et al., "Residual Dense Network for Image Super-Resolution", 2018; trained
 * as the generator of a GAN on DIV2K), as the package's Keras topology states it: pixels are repeated `scale` times, then convolved.
 * @param weight by the names of the package's manifest, e.g. `F_0/kernel` [3, 3, 64, 64]
 * @returns a model `image` [batch, 3, height, width] -> `enhanced` [batch, 3, height * scale, width * scale], RGB, values around 0..255
 */
export function esrganGraph(weight: WeightLookup, scale: EsrganScale): ModelProto {
  const graph = createGraphBuilder('esrgan-slim', { source: '@upscalerjs/esrgan-slim 1.0.0', licence: 'MIT' })
  const layer = (x: string, name: string, side: 1 | 3 | 5, channelsIn: number, channels: number, output?: string) => {
    const kernel = weight(`${name}/kernel`, [side, side, channelsIn, channels])
    const geometry = side === 1 ? VALID : side === 3 ? SAME : SAME_5
    return conv(graph, x, name, kernel, weight(`${name}/bias`, [channels]).data, geometry, output)
  }
  const relu = (x: string) => graph.node('Relu', [x])
  const concat = (...edges: string[]) => graph.node('Concat', edges, [int('axis', 1)])

  const image = graph.input('image', ['batch', 3, 'height', 'width'])
  const shallow = layer(image, 'F_m1', 3, 3, FEATURES)
  let x = layer(shallow, 'F_0', 3, FEATURES, FEATURES)
  const blocks: string[] = []
  for (const block of BLOCKS) {
    const grown = relu(layer(x, `F_${block}_1`, 3, FEATURES, GROWTH))
    const fused = layer(concat(x, grown), `LFF_${block}`, 1, FEATURES + GROWTH, FEATURES)
    x = graph.node('Add', [fused, x])
    blocks.push(x)
  }
  x = layer(concat(...blocks), 'GFF_1', 1, BLOCKS.length * FEATURES, FEATURES)
  x = graph.node('Add', [layer(x, 'GFF_2', 3, FEATURES, FEATURES), shallow])
  x = relu(layer(x, 'UPN1', 5, FEATURES, 64))
  x = relu(layer(x, 'UPN2', 3, 64, 32))
  const channels = 3 * scale * scale
  x = layer(x, 'UPN3', 3, 32, channels)
  const scales = graph.floats('scales', [4], Float32Array.of(1, 1, scale, scale))
  // Between the picture and the scales stands a region that nearest resizing does not use.
  x = graph.node(
    'Resize',
    [x, '', scales],
    [text('mode', 'nearest'), text('coordinate_transformation_mode', 'asymmetric'), text('nearest_mode', 'floor')],
  )
  layer(x, 'SR', 3, channels, 3, 'enhanced')
  graph.output('enhanced', ['batch', 3, 'enhanced_height', 'enhanced_width'])
  return graph.build()
}
