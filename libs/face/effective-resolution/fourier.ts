/** Transforms in place; both arrays hold `size` numbers. */
export type Fourier = (real: Float64Array, imaginary: Float64Array) => void

/**
 * The discrete Fourier transform of complex lines of one length: radix 2, decimation in time.
 * Source: Cooley, Tukey, "An algorithm for the machine calculation of complex Fourier series" (1965).
 *
 * @param size of a line, a power of two
 */
export function createFourier(size: number): Fourier {
  const half = size / 2
  const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / size))
  const sines = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / size))
  const reversed = new Uint32Array(size)
  for (let i = 1; i < size; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? half : 0)

  return (real, imaginary) => {
    for (let i = 0; i < size; i++) {
      const j = reversed[i]!
      if (j <= i) continue
      const [r, m] = [real[i]!, imaginary[i]!]
      real[i] = real[j]!
      imaginary[i] = imaginary[j]!
      real[j] = r
      imaginary[j] = m
    }
    for (let length = 1; length < size; length *= 2) {
      const step = half / length
      for (let start = 0; start < size; start += 2 * length) {
        for (let k = 0; k < length; k++) {
          const [one, other] = [start + k, start + k + length]
          const [c, s] = [cosines[k * step]!, sines[k * step]!]
          const r = real[other]! * c + imaginary[other]! * s
          const m = imaginary[other]! * c - real[other]! * s
          real[other] = real[one]! - r
          imaginary[other] = imaginary[one]! - m
          real[one]! += r
          imaginary[one]! += m
        }
      }
    }
  }
}
