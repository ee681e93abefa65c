import type { MatValue } from './mat-file.js'

/**
 * A cell array of names as rows of a table; also one of a single char array.
 * @param columns how many columns the array must have
 * @returns row by row
 * @throws Error that says what does not fit
 */
export function nameTable(variables: ReadonlyMap<string, MatValue>, name: string, columns: number): string[][] {
  const value = required(variables, name)
  if (value.kind !== 'cells') throw new Error(`${name} is no cell array of names`)
  const [rows, width] = shapeOf(value, columns)
  if (width !== columns) throw new Error(`${name} has ${width} columns where ${columns} are expected`)
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => textOf(value.cells[row + rows * column], `${name}, row ${row + 1}`)),
  )
}

/**
 * A column (or row) of integers.
 * @throws Error that says what does not fit
 */
export function integerList(variables: ReadonlyMap<string, MatValue>, name: string): number[] {
  const value = required(variables, name)
  if (value.kind !== 'numbers') throw new Error(`${name} is no array of numbers`)
  const odd = value.data.findIndex((number) => !Number.isSafeInteger(number))
  if (odd >= 0) throw new Error(`entry ${odd + 1} of ${name} is no integer`)
  return [...value.data]
}

function required(variables: ReadonlyMap<string, MatValue>, name: string): MatValue {
  const value = variables.get(name)
  if (value) return value
  throw new Error(`the variable ${name} is missing; it has ${[...variables.keys()].join(', ') || 'none'}`)
}

/** A single column may lie as a row. */
function shapeOf({ dims }: MatValue, columns: number): [rows: number, width: number] {
  const [rows = 0, width = 0] = dims
  return columns === 1 && rows === 1 ? [width, 1] : [rows, width]
}

/** MATLAB wraps some names in a cell of their own. */
function textOf(value: MatValue | undefined, where: string): string {
  if (value?.kind === 'text' && value.text !== '') return value.text
  if (value?.kind === 'cells' && value.cells.length === 1) return textOf(value.cells[0], where)
  throw new Error(`${where} is no name`)
}
