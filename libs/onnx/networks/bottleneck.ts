import type { GraphBuilder } from '../graph-builder.js'
import { conv, convNorm } from './layers.js'

/** Sizes of a residual block. */
export interface Bottleneck {
  readonly channelsIn: number
  /** Channels of the 3x3 convolution. */
  readonly inner: number
  readonly channels: number
  readonly stride: 1 | 2
}

/** Channels for each value between squeeze and excitation. */
const REDUCTION = 16

/** 1x1, 3x3, 1x1, squeeze and excitation, then the shortcut is added: projected where the shape changes. @returns its edge */
export function bottleneck(graph: GraphBuilder, x: string, name: string, block: Bottleneck): string {
  const { channelsIn, inner, channels, stride } = block
  const reduce = { channelsIn, channels: inner, side: 1, stride } as const
  const middle = { channelsIn: inner, channels: inner, side: 3, stride: 1 } as const
  const increase = { channelsIn: inner, channels, side: 1, stride: 1 } as const
  let deep = graph.node('Relu', [convNorm(graph, x, `${name}/reduce`, reduce)])
  deep = graph.node('Relu', [convNorm(graph, deep, `${name}/middle`, middle)])
  deep = convNorm(graph, deep, `${name}/increase`, increase)
  deep = squeezeExcite(graph, deep, name, channels)
  const changes = stride !== 1 || channelsIn !== channels
  const shortcut = changes ? convNorm(graph, x, `${name}/project`, { channelsIn, channels, side: 1, stride }) : x
  return graph.node('Relu', [graph.node('Add', [deep, shortcut])])
}

/** Weighs each channel of a picture by what its means over the picture make of each other. @returns the weighed picture */
function squeezeExcite(graph: GraphBuilder, x: string, name: string, channels: number): string {
  const squeezed = channels / REDUCTION
  const means = graph.node('GlobalAveragePool', [x])
  const down = conv(graph, means, `${name}/squeeze`, { channelsIn: channels, channels: squeezed, side: 1, stride: 1 })
  const up = { channelsIn: squeezed, channels, side: 1, stride: 1 } as const
  const weights = graph.node('Sigmoid', [conv(graph, graph.node('Relu', [down]), `${name}/excite`, up)])
  return graph.node('Mul', [x, weights])
}
