/** @returns numbers that other threads see */
export const shared = (length: number) =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT))

/** Such numbers, more of them as needed; they are overwritten when they are asked for again. */
export type SharedFloats = (length: number) => Float32Array

export function createSharedFloats(): SharedFloats {
  let floats = shared(0)
  return (length) => {
    if (length > floats.length) floats = shared(length)
    return floats.subarray(0, length)
  }
}
