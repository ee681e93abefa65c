import type { NodeProto } from '../../../gen/onnx.js'
import { DomainError } from '../../config/domain-error.js'
import type { Tf } from './tensorflow.js'
import type { Value } from './value.js'

/** What a run lends to its operators. */
export interface Context {
  readonly tf: Tf
  /** Whether batch normalisation takes its statistics from the batch at hand. */
  readonly batchStatistics: boolean
}

/** Computes one node: input edges (undefined where an optional one is left out) to output edges. */
export type Kernel = (context: Context, ...inputs: (Value | undefined)[]) => Value | readonly Value[]

/**
 * An operator: reads the attributes of a node, once, by the rules of an operator set version.
 * @throws DomainError MODEL_OPS_UNSUPPORTED for attributes that are not supported
 */
export type Op = (node: NodeProto, opset: number) => Kernel

/** The error for an operator or a form of one that is missing here. @param what e.g. "MaxPool with dilations" */
export const unsupported = (what: string): DomainError =>
  new DomainError('MODEL_OPS_UNSUPPORTED', `The network needs ${what}, which training does not support.`, {
    operators: what,
  })

/** An input that the operator cannot do without. */
export function required(value: Value | undefined, meaning: string): Value {
  if (value) return value
  throw new DomainError('MODEL_CORRUPT', `An operator lacks its input "${meaning}". Export the network again.`)
}
