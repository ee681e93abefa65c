import type { Engine, Tensor } from '../engine/engine.js'

/**
 * Runs a network of one input on pictures one by one and on all at once, and compares: the proof that its batch is free.
 * @param engine the network; its first input dimension must be dynamic
 * @param pictures the tensors to try, each [1, ...]
 * @returns the largest difference of any output value, relative to the largest value; Infinity when the network refuses
 *   the batch or answers in another shape
 */
export async function batchDisagreement(engine: Engine, pictures: readonly Tensor[]): Promise<number> {
  const input = engine.inputs[0]?.name ?? ''
  const run = (tensor: Tensor) => engine.run({ [input]: { dims: tensor.dims, data: tensor.data.slice() } })
  const single: Record<string, Tensor>[] = []
  for (const picture of pictures) single.push(await run(picture))
  const together = await run(stack(pictures)).catch(() => undefined)
  if (!together) return Number.POSITIVE_INFINITY

  let worst = 0
  for (const { name } of engine.outputs) {
    const expected = stack(single.map((outputs) => outputs[name]!))
    const found = together[name]
    if (found?.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY
    const largest = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), Number.MIN_VALUE)
    for (const [index, value] of expected.data.entries()) {
      worst = Math.max(worst, Math.abs(value - found.data[index]!) / largest)
    }
  }
  return worst
}

/** Tensors [1, ...] as one [n, ...]. */
function stack(tensors: readonly Tensor[]): Tensor {
  const size = tensors[0]?.data.length ?? 0
  const data = new Float32Array(size * tensors.length)
  for (const [index, tensor] of tensors.entries()) data.set(tensor.data, index * size)
  return { dims: [tensors.length, ...(tensors[0]?.dims.slice(1) ?? [])], data }
}
