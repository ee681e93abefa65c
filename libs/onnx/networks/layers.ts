import { ints } from '../attributes.js'
import type { GraphBuilder } from '../graph-builder.js'

/** A square convolution padded so that at stride 1 the size stays. */
export interface Conv {
  readonly channelsIn: number
  readonly channels: number
  /** Of the kernel, odd. */
  readonly side: number
  readonly stride: 1 | 2
}

/** A convolution with bias, its weights 0. @returns its edge */
export function conv(graph: GraphBuilder, x: string, name: string, sizes: Conv): string {
  const bias = graph.floats(`${name}/bias`, [sizes.channels], new Float32Array(sizes.channels))
  return graph.node('Conv', [x, kernel(graph, name, sizes), bias], attributes(sizes))
}

/** A convolution without bias and its batch normalisation, the weights 0, scale and variance 1. @returns its edge */
export function convNorm(graph: GraphBuilder, x: string, name: string, sizes: Conv): string {
  const convolved = graph.node('Conv', [x, kernel(graph, name, sizes)], attributes(sizes))
  const statistic = (kind: string, value: number) =>
    graph.floats(`${name}/${kind}`, [sizes.channels], new Float32Array(sizes.channels).fill(value))
  const parts = [statistic('scale', 1), statistic('shift', 0), statistic('mean', 0), statistic('variance', 1)]
  return graph.node('BatchNormalization', [convolved, ...parts])
}

/** The largest of 3x3 at stride 2; an even size is halved, padded at its end. @returns its edge */
export function maxPool(graph: GraphBuilder, x: string): string {
  return graph.node('MaxPool', [x], [ints('kernel_shape', [3, 3]), ints('strides', [2, 2]), ints('pads', [0, 0, 1, 1])])
}

function kernel(graph: GraphBuilder, name: string, { channelsIn, channels, side }: Conv): string {
  const dims = [channels, channelsIn, side, side]
  return graph.floats(`${name}/weights`, dims, new Float32Array(channels * channelsIn * side * side))
}

function attributes({ side, stride }: Conv) {
  const pad = (side - 1) / 2
  return [ints('kernel_shape', [side, side]), ints('strides', [stride, stride]), ints('pads', [pad, pad, pad, pad])]
}
