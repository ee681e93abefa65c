// WebAssembly by hand: a function of some lines is no reason for a toolchain.
// Opcodes: WebAssembly core specification 2.0, chapter 5 (binary format).

const I32 = 0x7f
const V128 = 0x7b
const NONE = 0x40

/** One instruction, or several. */
type Code = readonly number[]

/** A function of 32-bit integers that works on its memory and returns nothing. */
interface WasmFunction {
  readonly name: string
  /** How many parameters, which are the first locals. */
  readonly parameters: number
  /** How many further locals: integers, then vectors of 128 bits. */
  readonly locals: { readonly integers: number; readonly vectors: number }
  readonly body: Code
}

/** Memory of WebAssembly: pages of 64 KiB, at most 65,536. */
export interface WasmMemory {
  /** Replaced when the memory grows. */
  readonly buffer: ArrayBuffer
  /** @throws RangeError when there is no room */
  grow(pages: number): number
}

export const get = (local: number): Code => [0x20, local]
export const set = (local: number): Code => [0x21, local]
/** A constant below 2^13. */
export const i32 = (value: number): Code => [0x41, ...(value < 64 ? [value] : [(value & 127) | 128, value >> 7])]
export const ADD: Code = [0x6a]
/** Compares as unsigned integers. */
export const LESS: Code = [0x49]
/** Of the address on the stack. */
export const load128 = (offset = 0): Code => [0xfd, 0x00, 0, offset]
/** Four floats, or any 128 bits, of zero. */
export const ZEROS: Code = [0xfd, 0x0c, ...new Array<number>(16).fill(0)]
/** Runs the code again as long as it leaves anything but 0 on the stack. */
export const loop = (...body: readonly Code[]): Code => [0x03, NONE, ...body.flat(), 0x0d, 0, END]
/** Adds to a local. */
export const increase = (local: number, value: number): Code => [...get(local), ...i32(value), ...ADD, ...set(local)]

const END = 0x0b

// Neither the ECMAScript library nor @types/node 20 declares it.
declare const WebAssembly: {
  readonly Memory: new (descriptor: { initial: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/**
 * Compiles a function. Compile once what is used often: the engine compiles anew, and better, what has run for a while.
 * @returns a maker of that function with a memory of its own, of so many pages
 */
export function compileWasm(code: WasmFunction) {
  const compiled = new WebAssembly.Module(moduleBytes(code))
  return (pages: number) => {
    const memory = new WebAssembly.Memory({ initial: pages })
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
    return { memory, call: exports[code.name] as (...parameters: number[]) => void }
  }
}

function moduleBytes({ name, parameters, locals, body }: WasmFunction): Uint8Array<ArrayBuffer> {
  const code = [2, locals.integers, I32, locals.vectors, V128, ...body, END]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, parameters, ...new Array<number>(parameters).fill(I32), 0]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 0x01]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text(name), 0x00, 0x00]),
    ...section(10, [1, ...size(code.length), ...code]),
  ])
}

const text = (value: string) => [value.length, ...Buffer.from(value)]
const section = (id: number, content: readonly number[]) => [id, ...size(content.length), ...content]

/** Unsigned LEB128. */
function size(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...size(value >> 7)]
}
