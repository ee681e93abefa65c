import type { Tensor } from '../../engine/engine.js'

/** A tensor of reproducible noise, uniform in -1..1 (a linear congruential generator: Numerical Recipes, 7.1). */
export function noise(dims: readonly number[], seed: number): Tensor {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
  let state = seed >>> 0
  for (let index = 0; index < data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[index] = state / 2 ** 31 - 1
  }
  return { dims, data }
}
