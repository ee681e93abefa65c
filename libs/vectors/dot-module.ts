// WebAssembly by hand, because ONNX Runtime has no product of int8 vectors that reads each value once, and because one function is no
// reason for a toolchain. Opcodes: WebAssembly core specification 2.0, chapter 5 (binary format).

const I32 = 0x7f
const V128 = 0x7b
const NONE = 0x40

/** Numbers of the parameters and locals of `dots`. */
const [ROW, COUNT, STRIDE, QUERY, OUT, END, ROW_END, AT, EVEN, ODD, BYTES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const

const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const i32 = (value: number) => [0x41, value]
const ADD = [0x6a]
const SHIFT_LEFT = [0x74]
const LESS = [0x49]
const END_BLOCK = [0x0b]
const loop = (...body: number[][]) => [0x03, NONE, ...body.flat(), 0x0d, 0, ...END_BLOCK]
const load128 = (offset: number) => [0xfd, 0x00, 0, offset]
const STORE_I32 = [0x36, 2, 0]
const ZEROS = [...i32(0), 0xfd, 0x11]
const lane = (n: number) => [0xfd, 0x1b, n]
const LOW_TO_I16 = [0xfd, 0x87, 0x01]
const HIGH_TO_I16 = [0xfd, 0x88, 0x01]
const ADD_I32X4 = [0xfd, 0xae, 0x01]
/** Products of int16, neighbours added to int32. */
const DOT_I16X8 = [0xfd, 0xba, 0x01]

const add = (local: number, value: number) => [...get(local), ...i32(value), ...ADD, ...set(local)]

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
      add(ROW, 16),
      add(AT, 32),
      [get(ROW), get(ROW_END), LESS].flat(),
    ),
    [get(EVEN), get(ODD), ADD_I32X4, set(EVEN)].flat(),
    [get(OUT), sumOfLanes(EVEN), STORE_I32].flat(),
    add(OUT, 4),
    [get(OUT), get(END), LESS].flat(),
  ),
].flat()

const text = (value: string) => [value.length, ...Buffer.from(value)]
const section = (id: number, content: number[]) => [id, ...size(content.length), ...content]

/** Unsigned LEB128. */
function size(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...size(value >> 7)]
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const locals = [2, 3, I32, 3, V128]
  const code = [...locals, ...BODY, ...END_BLOCK]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 5, I32, I32, I32, I32, I32, 0]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 0x01]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('dots'), 0x00, 0x00]),
    ...section(10, [1, ...size(code.length), ...code]),
  ])
}

/**
 * Dot products of int8 rows with an int16 query, in int32. All addresses are bytes of the memory.
 * @param row where the rows begin
 * @param count how many there are, at least 1
 * @param stride bytes a row, a multiple of 16
 * @param query where the query's `stride` int16 values lie
 * @param out where the `count` int32 results go
 */
export type Dots = (row: number, count: number, stride: number, query: number, out: number) => void

/** Memory of WebAssembly: pages of 64 KiB, at most 65,536. */
export interface WasmMemory {
  /** Replaced when the memory grows. */
  readonly buffer: ArrayBuffer
  /** @throws RangeError when there is no room */
  grow(pages: number): number
}

// Neither the ECMAScript library nor @types/node 20 declares it.
declare const WebAssembly: {
  readonly Memory: new (descriptor: { initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** A new memory of one page, and `dots` for it. */
export function loadDots(): { memory: WasmMemory; dots: Dots } {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { env: { memory } })
  return { memory, dots: exports.dots as Dots }
}
