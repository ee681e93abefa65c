/** IEEE 754 binary16 (half precision) to and from float32. */

const BIAS_GAP = 127 - 15
const scratch = new DataView(new ArrayBuffer(4))

/** @param halves bit patterns; @returns their values, exactly (every half is a float32) */
export function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, valueOfHalf)
}

function valueOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** @returns the nearest half of each value, ties to even; beyond 65504 infinity */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, halfOfValue)
}

function halfOfValue(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // Below the smallest normal half the spacing is constant, 2^-24: round there.
  if (magnitude < (BIAS_GAP + 1) << 23) return sign | roundToEven(Math.abs(value) * 2 ** 24)
  // Adding just under half a unit (and the last kept bit, for ties) carries into the exponent by itself.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - (BIAS_GAP << 23)
  return sign | Math.min(rounded >>> 13, 0x7c00)
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
