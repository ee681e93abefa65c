import {
  ADD,
  ADD_F32X4,
  type Code,
  get,
  increase,
  LESS,
  load128,
  loadI32,
  loop,
  MULTIPLY,
  MULTIPLY_F32X4,
  STORE_128,
  set,
  shuffleF32,
  type WasmFunction,
  ZEROS,
} from '../wasm/wasm-function.js'

/** How many rows some rows are multiplied with at a time. */
export const OTHERS = 4
/** Bytes of a row that are read at a time. */
export const STEP = 64

const [ROW, MATRIX, INDICES, OUT_END, STRIDE, OUT] = [0, 1, 2, 3, 4, 5] as const
const [AT, END] = [6, 7] as const
/** Where the four others are, the values of the row, and the sum of each product. */
const POINTERS = [8, 9, 10, 11] as const
const VALUES = 12
const SUMS = [13, 14, 15, 16] as const

const flat = (...code: readonly Code[]): Code => code.flat()

/** Four values of the row, and of each of the others. */
const step = (offset: number) =>
  flat(
    flat(get(AT), load128(offset), set(VALUES)),
    ...POINTERS.map((pointer, i) => {
      const sum = SUMS[i] as number
      return flat(get(sum), get(VALUES), get(pointer), load128(offset), MULTIPLY_F32X4, ADD_F32X4, set(sum))
    }),
  )

/** Lanes 0 + 2 and 1 + 3 of two sums, side by side. */
const halves = (first: number, second: number) =>
  flat(
    flat(get(first), get(second), shuffleF32(0, 4, 1, 5)),
    flat(get(first), get(second), shuffleF32(2, 6, 3, 7), ADD_F32X4),
  )

/**
 * Products of a row with others, four at a time, each summed in the same order. Two rows at a time are slower: there are too few registers.
 * @param row address of the row
 * @param matrix address of the rows of the others
 * @param indices address of their numbers, uint32
 * @param outEnd where the products end; up to three more are written
 * @param stride bytes a row, a multiple of STEP
 * @param out where the products go, float32
 */
export const DOTS: WasmFunction = {
  name: 'dots',
  parameters: 6,
  locals: { integers: 6, vectors: 5 },
  body: flat(
    flat(get(ROW), get(STRIDE), ADD, set(END)),
    loop(
      ...POINTERS.map((pointer, i) =>
        flat(get(INDICES), loadI32(i * 4), get(STRIDE), MULTIPLY, get(MATRIX), ADD, set(pointer)),
      ),
      ...SUMS.map((sum) => flat(ZEROS, set(sum))),
      flat(get(ROW), set(AT)),
      loop(
        ...[0, 16, 32, 48].map(step),
        ...[AT, ...POINTERS].map((pointer) => increase(pointer, STEP)),
        flat(get(AT), get(END), LESS),
      ),
      flat(halves(SUMS[0], SUMS[1]), set(SUMS[0]), halves(SUMS[2], SUMS[3]), set(SUMS[2])),
      flat(get(OUT), get(SUMS[0]), get(SUMS[2]), shuffleF32(0, 1, 4, 5)),
      flat(get(SUMS[0]), get(SUMS[2]), shuffleF32(2, 3, 6, 7), ADD_F32X4, STORE_128),
      increase(INDICES, OTHERS * 4),
      increase(OUT, OTHERS * 4),
      flat(get(OUT), get(OUT_END), LESS),
    ),
  ),
}
