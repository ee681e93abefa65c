import { expect, it } from 'vitest'
import { createRandom } from '../../random/random.js'
import { createFourier } from './fourier.js'

/** By definition: X(k) = sum of x(n) exp(-2 pi i k n / N). */
function byDefinition(real: Float64Array, imaginary: Float64Array) {
  const size = real.length
  return Array.from({ length: size }, (_, k) => {
    let [r, m] = [0, 0]
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * k * n) / size
      r += real[n]! * Math.cos(angle) - imaginary[n]! * Math.sin(angle)
      m += real[n]! * Math.sin(angle) + imaginary[n]! * Math.cos(angle)
    }
    return [r, m] as const
  })
}

it.each([1, 2, 8, 64])('transforms %i numbers as the definition does', (size) => {
  const random = createRandom(7n)
  const [real, imaginary] = [0, 1].map(() => Float64Array.from({ length: size }, () => random.normal())) as [
    Float64Array,
    Float64Array,
  ]
  const expected = byDefinition(real, imaginary)
  createFourier(size)(real, imaginary)
  for (const [k, [r, m]] of expected.entries()) {
    expect(real[k]).toBeCloseTo(r, 9)
    expect(imaginary[k]).toBeCloseTo(m, 9)
  }
})
