type TypedArray = Float64Array | Uint32Array | Uint8Array

/** A typed array that grows: rows of a file are not counted before they are read. */
export interface Growable<A extends TypedArray> {
  readonly length: number
  push(value: number): void
  /** @returns a view of what was pushed so far */
  values(): A
}

/** @param Kind what it is made of, e.g. Float64Array */
export function growable<A extends TypedArray>(Kind: new (length: number) => A): Growable<A> {
  let room = new Kind(1 << 12)
  let length = 0
  return {
    get length() {
      return length
    },
    push(value) {
      if (length === room.length) {
        const larger = new Kind(length * 2)
        larger.set(room)
        room = larger
      }
      room[length++] = value
    },
    values: () => room.subarray(0, length) as A,
  }
}
