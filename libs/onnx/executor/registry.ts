import type { NodeProto } from '../../../gen/onnx.js'
import type { Op } from './op.js'
import { ACTIVATION_OPS } from './ops/activations.js'
import { CONV_OPS } from './ops/conv.js'
import { ELEMENTWISE_OPS } from './ops/elementwise.js'
import { onHost } from './ops/host.js'
import { MATMUL_OPS } from './ops/matmul.js'
import { NORMALISATION_OPS } from './ops/normalisation.js'
import { PAD_OPS } from './ops/pad.js'
import { POOL_OPS } from './ops/pool.js'
import { REDUCTION_OPS } from './ops/reduction.js'
import { RESIZE_OPS } from './ops/resize.js'
import { SHAPE_OPS } from './ops/shape.js'

const OPS: ReadonlyMap<string, Op> = new Map(
  Object.entries({
    ...ACTIVATION_OPS,
    ...CONV_OPS,
    ...ELEMENTWISE_OPS,
    ...MATMUL_OPS,
    ...NORMALISATION_OPS,
    ...PAD_OPS,
    ...POOL_OPS,
    ...REDUCTION_OPS,
    ...RESIZE_OPS,
    ...SHAPE_OPS,
  }),
)

/** The operator of a node on TensorFlow; undefined when there is none. */
export const opOf = (node: NodeProto): Op | undefined => (isStandard(node) ? OPS.get(node.opType) : undefined)

/** Whether the executor knows an operator at all. */
export const isKnown = (node: NodeProto): boolean =>
  isStandard(node) && (OPS.has(node.opType) || onHost(node.opType) || node.opType === 'Constant')

/** Whether a node belongs to the standard operator set. */
const isStandard = ({ domain }: NodeProto) => domain === '' || domain === 'ai.onnx'
