// By hand, because ONNX Runtime has no product of int8 vectors that reads each value once.
// Opcodes: WebAssembly core specification 2.0, chapter 5 (binary format).

import {
  ADD,
  compileWasm,
  get,
  i32,
  increase,
  LESS,
  load128,
  loop,
  set,
  type WasmMemory,
  ZEROS,
} from './wasm-function.js'

/** Numbers of the parameters and locals of `dots`. */
const [ROW, COUNT, STRIDE, QUERY, OUT, END, ROW_END, AT, EVEN, ODD, BYTES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const

const SHIFT_LEFT = [0x74]
const STORE_I32 = [0x36, 2, 0]
const lane = (n: number) => [0xfd, 0x1b, n]
const LOW_TO_I16 = [0xfd, 0x87, 0x01]
const HIGH_TO_I16 = [0xfd, 0x88, 0x01]
const ADD_I32X4 = [0xfd, 0xae, 0x01]
/** Products of int16, neighbours added to int32. */
const DOT_I16X8 = [0xfd, 0xba, 0x01]

/** Adds the products of one half of the row's 16 bytes with 8 values of the query to `sum`. */
const accumulate = (sum: number, half: number[], offset: number) =>
  [get(sum), get(BYTES), half, get(AT), load128(offset), DOT_I16X8, ADD_I32X4, set(sum)].flat()

const sumOfLanes = (local: number) => [0, 1, 2, 3].flatMap((n) => [...get(local), ...lane(n), ...(n === 0 ? [] : ADD)])

const BODY = [
  [get(OUT), get(COUNT), i32(2), SHIFT_LEFT, ADD, set(END)].flat(),
  loop(
    [ZEROS, set(EVEN), ZEROS, set(ODD)].flat(),
    [get(ROW), get(STRIDE), ADD, set(ROW_END), get(QUERY), set(AT)].flat(),
    loop(
      [get(ROW), load128(0), set(BYTES)].flat(),
      accumulate(EVEN, LOW_TO_I16, 0),
      accumulate(ODD, HIGH_TO_I16, 16),
      increase(ROW, 16),
      increase(AT, 32),
      [get(ROW), get(ROW_END), LESS].flat(),
    ),
    [get(EVEN), get(ODD), ADD_I32X4, set(EVEN)].flat(),
    [get(OUT), sumOfLanes(EVEN), STORE_I32].flat(),
    increase(OUT, 4),
    [get(OUT), get(END), LESS].flat(),
  ),
].flat()

/**
 * Dot products of int8 rows with an int16 query, in int32. All addresses are bytes of the memory.
 * @param row where the rows begin
 * @param count how many there are, at least 1
 * @param stride bytes a row, a multiple of 16
 * @param query where the query's `stride` int16 values lie
 * @param out where the `count` int32 results go
 */
export type Dots = (row: number, count: number, stride: number, query: number, out: number) => void

/** A new memory of one page, and `dots` for it. */
export function loadDots(): { memory: WasmMemory; dots: Dots } {
  const load = compileWasm({ name: 'dots', parameters: 5, locals: { integers: 3, vectors: 3 }, body: BODY })
  const { memory, call } = load(1)
  return { memory, dots: call }
}
