import { deflateSync } from 'node:zlib'

/** A variable to write: text becomes a char array, an array of numbers a column of uint16, a table of names a cell array. */
export type MatContent = string | readonly number[] | readonly (readonly string[])[]

/**
 * Writes a MAT-file of level 5 as MATLAB writes the lists of TinyFace and QMUL-SurvFace.
 * @param form `packed` compresses each variable (-v7), `plain` does not (-v6), `big` is of the other byte order
 */
export function writeMat(
  variables: Readonly<Record<string, MatContent>>,
  form: 'packed' | 'plain' | 'big' = 'packed',
): Buffer {
  const little = form !== 'big'
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    if (little) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  const half = (value: number): Buffer => {
    const bytes = Buffer.alloc(2)
    if (little) bytes.writeUInt16LE(value)
    else bytes.writeUInt16BE(value)
    return bytes
  }
  const element = (type: number, data: Buffer): Buffer => {
    // MATLAB puts up to four bytes into the tag.
    if (type !== 14 && data.length > 0 && data.length <= 4) {
      return Buffer.concat([word((data.length << 16) | type), data, Buffer.alloc(4 - data.length)])
    }
    return Buffer.concat([word(type), word(data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)])
  }
  const matrix = (kind: number, dims: readonly number[], name: string, ...content: Buffer[]): Buffer =>
    element(
      14,
      Buffer.concat([
        element(6, Buffer.concat([word(kind), word(0)])),
        element(5, Buffer.concat(dims.map(word))),
        element(1, Buffer.from(name)),
        ...content,
      ]),
    )
  const text = (name: string, value: string): Buffer =>
    matrix(4, [1, value.length], name, element(16, Buffer.from(value)))

  const write = (name: string, content: MatContent): Buffer => {
    if (typeof content === 'string') return text(name, content)
    const [first] = content
    if (first === undefined || typeof first === 'number') {
      const numbers = content as readonly number[]
      return matrix(11, [numbers.length, 1], name, element(4, Buffer.concat(numbers.map(half))))
    }
    const table = content as readonly (readonly string[])[]
    const columns = first.map((_, column) => table.map((row) => text('', row[column] ?? '')))
    return matrix(1, [table.length, first.length], name, ...columns.flat())
  }

  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file')
  half(0x0100).copy(header, 124)
  header.write(little ? 'IM' : 'MI', 126)
  const parts = Object.entries(variables).map(([name, content]) => {
    const variable = write(name, content)
    if (form !== 'packed') return variable
    const packed = deflateSync(variable)
    return Buffer.concat([word(15), word(packed.length), packed])
  })
  return Buffer.concat([header, ...parts])
}
