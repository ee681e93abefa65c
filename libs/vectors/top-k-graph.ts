import { type DeepPartial, ModelProto, NodeProto, ValueInfoProto } from '../../gen/onnx.js'
import { int } from '../onnx/attributes.js'
import { type Dim, dimension } from '../onnx/graph-builder.js'
import { DATA_TYPE } from '../onnx/tensor-data.js'
import { writeOnnx } from '../onnx/write-onnx.js'

/** What a thread that multiplies is started with. */
export interface ProductSettings {
  /** Threads of one product. */
  readonly threads: number
  /** The file topKGraph gives; made once, outside, so that threads need no ONNX writer. */
  readonly graph: Uint8Array
}

/**
 * The exact search as an ONNX file: TopK(queries x matrix^T). Inputs `queries` [n x d], `matrix` [rows x d], `k` [1] (int64); outputs
 * `scores` [n x k] and `rows` [n x k] (int64), best first. Operators of the standard set 13.
 */
export function topKGraph(): Uint8Array {
  const { float, int64 } = DATA_TYPE
  const node: DeepPartial<NodeProto>[] = [
    {
      opType: 'Gemm',
      name: 'cosine',
      input: ['queries', 'matrix'],
      output: ['cosines'],
      attribute: [int('transB', 1)],
    },
    { opType: 'TopK', name: 'best', input: ['cosines', 'k'], output: ['scores', 'rows'], attribute: [int('axis', 1)] },
  ]
  return writeOnnx(
    ModelProto.fromPartial({
      irVersion: 7n,
      opsetImport: [{ domain: '', version: 13n }],
      producerName: 'crossres',
      graph: {
        name: 'exact-search',
        node: node.map((each) => NodeProto.fromPartial(each)),
        input: [edge('queries', float, ['n', 'd']), edge('matrix', float, ['rows', 'd']), edge('k', int64, [1])],
        output: [edge('scores', float, ['n', 'best']), edge('rows', int64, ['n', 'best'])],
      },
    }),
  )
}

function edge(name: string, elemType: number, dims: readonly Dim[]): ValueInfoProto {
  return ValueInfoProto.fromPartial({ name, type: { tensorType: { elemType, shape: { dim: dims.map(dimension) } } } })
}
