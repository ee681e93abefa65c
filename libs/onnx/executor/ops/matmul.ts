import { floatOf, intOf } from '../../attributes.js'
import { type Op, required } from '../op.js'
import { channelsFirst, fromFirst } from '../value.js'

/** alpha A' B' + beta C, where ' transposes on request. */
const gemm: Op = (node) => {
  const alpha = floatOf(node, 'alpha', 1)
  const beta = floatOf(node, 'beta', 1)
  const transA = intOf(node, 'transA', 0) !== 0
  const transB = intOf(node, 'transB', 0) !== 0
  return ({ tf }, a, b, c) => {
    const left = channelsFirst(tf, required(a, 'A'))
    const right = channelsFirst(tf, required(b, 'B'))
    const added = c && channelsFirst(tf, c)
    return fromFirst(
      tf.tidy(() => {
        const product = tf.matMul(left, right, transA, transB)
        const scaled = alpha === 1 ? product : tf.mul(product, alpha)
        return added ? tf.add(scaled, beta === 1 ? added : tf.mul(added, beta)) : scaled
      }),
    )
  }
}

/** As numpy.matmul: vectors count as a row on the left and a column on the right; leading dimensions broadcast. */
const matMul: Op =
  () =>
  ({ tf }, a, b) => {
    const left = channelsFirst(tf, required(a, 'A'))
    const right = channelsFirst(tf, required(b, 'B'))
    return fromFirst(
      tf.tidy(() => {
        const rows = left.rank === 1 ? tf.reshape(left, [1, -1]) : left
        const columns = right.rank === 1 ? tf.reshape(right, [-1, 1]) : right
        const product = tf.matMul(rows, columns)
        const shape = product.shape.filter(
          (_, axis) =>
            !(left.rank === 1 && axis === product.rank - 2) && !(right.rank === 1 && axis === product.rank - 1),
        )
        return shape.length === product.rank ? product : tf.reshape(product, shape)
      }),
    )
  }

export const MATMUL_OPS: Readonly<Record<string, Op>> = { Gemm: gemm, MatMul: matMul }
