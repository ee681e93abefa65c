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
      const r = real[i]!
      const m = imaginary[i]!
      real[i] = real[j]!
      imaginary[i] = imaginary[j]!
      real[j] = r
      imaginary[j] = m
    }
    // The first round turns nothing, so it needs no factors.
    for (let i = 0; i + 1 < size; i += 2) {
      const r = real[i + 1]!
      const m = imaginary[i + 1]!
      real[i + 1] = real[i]! - r
      imaginary[i + 1] = imaginary[i]! - m
      real[i] = real[i]! + r
      imaginary[i] = imaginary[i]! + m
    }
    for (let length = 2; length < size; length *= 2) {
      const step = half / length
      for (let start = 0; start < size; start += 2 * length) {
        for (let k = 0; k < length; k++) {
          const one = start + k
          const other = one + length
          const c = cosines[k * step]!
          const s = sines[k * step]!
          const r = real[other]! * c + imaginary[other]! * s
          const m = imaginary[other]! * c - real[other]! * s
          real[other] = real[one]! - r
          imaginary[other] = imaginary[one]! - m
          real[one] = real[one]! + r
          imaginary[one] = imaginary[one]! + m
        }
      }
    }
  }
}
