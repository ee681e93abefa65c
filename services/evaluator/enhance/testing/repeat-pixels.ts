import { text } from '../../../../libs/onnx/attributes.js'
import { createGraphBuilder, type Dim } from '../../../../libs/onnx/graph-builder.js'
import { writeOnnx } from '../../../../libs/onnx/write-onnx.js'

/** What the network takes: its layout, its size, and by how much it enlarges each side. */
export interface RepeatPixels {
  readonly layout?: 'NCHW' | 'NHWC'
  readonly sides?: readonly [Dim, Dim]
  readonly factors?: readonly [height: number, width: number]
}

/** @returns an ONNX network that enlarges pictures by repeating their pixels: what it must make of a picture is plain */
export function repeatPixels({ layout = 'NCHW', sides = ['h', 'w'], factors = [2, 2] }: RepeatPixels = {}): Uint8Array {
  const graph = createGraphBuilder('repeat-pixels')
  const shape = (height: Dim, width: Dim): Dim[] =>
    layout === 'NCHW' ? ['n', 3, height, width] : ['n', height, width, 3]
  const scales = layout === 'NCHW' ? [1, 1, ...factors] : [1, ...factors, 1]
  const picture = graph.input('picture', shape(...sides))
  graph.node(
    'Resize',
    [picture, '', graph.floats('scales', [4], Float32Array.from(scales))],
    [text('mode', 'nearest'), text('coordinate_transformation_mode', 'asymmetric'), text('nearest_mode', 'floor')],
    'enlarged',
  )
  graph.output('enlarged', shape('H', 'W'))
  return writeOnnx(graph.build())
}
