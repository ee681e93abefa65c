import { inflateSync } from 'node:zlib'

/** A variable of a MAT-file. Arrays are stored column by column: element (row, column) of an m x n array is at row + m * column. */
export type MatValue =
  | { readonly kind: 'numbers'; readonly dims: readonly number[]; readonly data: Float64Array }
  | { readonly kind: 'text'; readonly dims: readonly number[]; readonly text: string }
  | { readonly kind: 'cells'; readonly dims: readonly number[]; readonly cells: readonly MatValue[] }
  /** Structures, objects, sparse arrays: not read. */
  | { readonly kind: 'other'; readonly dims: readonly number[] }

/**
 * Reads the variables of a MAT-file of level 5 (MATLAB's `save -v6` and `-v7`), compressed or not, of either byte order: numeric, char and
 * cell arrays. 64-bit integers lose what a double cannot hold.
 * Source: MathWorks, "MAT-File Format", R2023b.
 *
 * @returns by name
 * @throws Error that says what is wrong with the bytes
 */
export function readMatFile(bytes: Uint8Array): Map<string, MatValue> {
  if (bytes.length < HEADER_BYTES) throw new Error('it is shorter than the header of a MAT-file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const mark = String.fromCharCode(bytes[126] ?? 0, bytes[127] ?? 0)
  if (mark !== 'IM' && mark !== 'MI') throw new Error('it is no MAT-file of level 5')
  const little = mark === 'IM'
  if (view.getUint16(124, little) >= 0x0200) {
    throw new Error('it is a MAT-file of version 7.3 (HDF5): load it in MATLAB and save it again with -v7')
  }

  const variables = new Map<string, MatValue>()
  const reader = createReader(view, little, HEADER_BYTES)
  while (!reader.atEnd()) {
    const element = reader.next()
    const matrix = element.type === COMPRESSED ? inflate(element.bytes, little) : element
    if (matrix.type !== MATRIX)
      throw new Error(`it holds an element of type ${matrix.type} where a variable is expected`)
    const { name, value } = readMatrix(matrix.bytes, little)
    variables.set(name, value)
  }
  return variables
}

const HEADER_BYTES = 128
/** Data types of elements. */
const [MATRIX, COMPRESSED] = [14, 15]
/** The largest variable that is unpacked: a damaged file must not fill the memory. */
const MAX_INFLATED_BYTES = 2 ** 30

interface Element {
  readonly type: number
  readonly bytes: DataView
}

/** Elements one after the other; what follows one starts at the next multiple of 8 bytes, save behind a compressed one. */
function createReader(view: DataView, little: boolean, start = 0) {
  let at = start
  return {
    atEnd: () => at >= view.byteLength,
    next(): Element {
      const need = (size: number): number => {
        if (at + size > view.byteLength)
          throw new Error(`it ends in the middle of an element, at byte ${view.byteLength}`)
        return at
      }
      const word = view.getUint32(need(8), little)
      // A small element holds its size in the upper half of the type, and up to four bytes of data in place of the size.
      const small = word >>> 16
      const type = small > 0 ? word & 0xffff : word
      const size = small > 0 ? small : view.getUint32(at + 4, little)
      if (small > 4) throw new Error(`it holds an element with a damaged tag, at byte ${at}`)
      at += small > 0 ? 4 : 8
      const bytes = new DataView(view.buffer, view.byteOffset + need(size), size)
      at += small > 0 ? 4 : type === COMPRESSED ? size : Math.ceil(size / 8) * 8
      return { type, bytes }
    },
  }
}

function inflate(packed: DataView, little: boolean): Element {
  const bytes = unpack(new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength))
  return createReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), little).next()
}

function unpack(packed: Uint8Array): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: MAX_INFLATED_BYTES })
  } catch (cause) {
    throw new Error(`a variable cannot be unpacked (${cause instanceof Error ? cause.message : cause})`, { cause })
  }
}

/** Classes of arrays. */
const [CELL, CHAR, FIRST_NUMERIC, LAST_NUMERIC] = [1, 4, 6, 15]

function readMatrix(bytes: DataView, little: boolean): { name: string; value: MatValue } {
  // An empty cell may be an element without content.
  if (bytes.byteLength === 0) return { name: '', value: { kind: 'numbers', dims: [0, 0], data: new Float64Array() } }
  const reader = createReader(bytes, little)
  const flags = numbersOf(reader.next(), little)
  const kind = (flags[0] ?? 0) & 0xff
  const dims = [...numbersOf(reader.next(), little)]
  const name = textOf(reader.next(), little)
  const count = dims.reduce((product, dim) => product * dim, 1)

  if (kind === CELL) {
    const cells: MatValue[] = []
    while (cells.length < count) {
      const cell = reader.next()
      if (cell.type !== MATRIX) throw new Error(`cell ${cells.length + 1} of ${name} is no array`)
      cells.push(readMatrix(cell.bytes, little).value)
    }
    return { name, value: { kind: 'cells', dims, cells } }
  }
  if (kind === CHAR) return { name, value: { kind: 'text', dims, text: textOf(reader.next(), little) } }
  if (kind < FIRST_NUMERIC || kind > LAST_NUMERIC) return { name, value: { kind: 'other', dims } }
  // The real part; an imaginary one may follow.
  const data = numbersOf(reader.next(), little)
  if (data.length !== count) throw new Error(`${name} has ${data.length} numbers where its dimensions say ${count}`)
  return { name, value: { kind: 'numbers', dims, data } }
}

type Read = (view: DataView, at: number, little: boolean) => number

/** Numeric data types by number: bytes and reader. What is stored may be narrower than the array's class. */
const NUMERIC: Readonly<Record<number, readonly [size: number, read: Read]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
}

function numbersOf({ type, bytes }: Element, little: boolean): Float64Array {
  const [size, read] = NUMERIC[type] ?? [0, undefined]
  if (!read) throw new Error(`it holds an element of type ${type} where numbers are expected`)
  return Float64Array.from({ length: bytes.byteLength / size }, (_, i) => read(bytes, i * size, little))
}

/** 16, 17 and 18 are UTF-8, -16 and -32; older files store characters as numbers. */
function textOf(element: Element, little: boolean): string {
  const { type, bytes } = element
  if (type === 16) return new TextDecoder().decode(bytes)
  if (type === 17) return new TextDecoder(little ? 'utf-16le' : 'utf-16be').decode(bytes)
  const codes = numbersOf(type === 18 ? { type: 6, bytes } : element, little)
  return Array.from(codes, (code) => String.fromCodePoint(code)).join('')
}
