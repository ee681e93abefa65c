import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readIntegerRows } from './integer-rows.js'
import { miniature } from './testing/miniature.js'

const read = async (text: string, columns: number) =>
  readIntegerRows(join(await miniature({ 'rows.txt': text }), 'rows.txt'), columns)

it.each([
  ['commas', '1,20\n300,4294967295\n'],
  ['blanks, tabs, carriage returns and no end of line', '1 20\r\n\n300\t4294967295'],
])('reads rows divided by %s', async (_, text) => {
  expect(await read(text, 2)).toEqual({ rows: 2, columns: 2, data: Uint32Array.of(1, 20, 300, 4294967295) })
})

it('reads more rows than it first makes room for, and across the edges of chunks', async () => {
  const rows = 300_000
  const { data } = await read(Array.from({ length: rows }, (_, i) => `${i},${i * 7},1\n`).join(''), 3)
  expect(data).toHaveLength(rows * 3)
  // One by one: toEqual takes seconds over a million numbers.
  expect(data.findIndex((value, i) => value !== [Math.floor(i / 3), Math.floor(i / 3) * 7, 1][i % 3])).toBe(-1)
})

it.each([
  ['1,2\n1\n', 'line 2: 1 numbers where 2 are expected'],
  ['1,2\n1,2,3\n', 'line 2: 3 numbers'],
  ['1,2\n\nTEMPLATE,2\n', 'line 3: "T" is no part of a whole number'],
  ['1,-2\n', 'line 1: "-" is no part'],
  ['1,4294967296\n', 'line 1: a number is too large'],
])('says what is wrong with %j', async (text, problem) => {
  await expect(read(text, 2)).rejects.toThrow(problem)
})
