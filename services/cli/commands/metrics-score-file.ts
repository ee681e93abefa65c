import { open } from 'node:fs/promises'
import type { OnCells } from './metrics-cells.js'
import { scoresInvalid } from './metrics-score-errors.js'

/** A column that is wanted of a file of scores. */
export interface Column<T> {
  readonly name: string
  /** What a cell must hold, for the error. */
  readonly expected: string
  /** @returns undefined where it holds something else */
  parse(cell: unknown): T | undefined
}

/** Takes a row; `place` says where it stands, for errors. */
export type OnRow<T> = (row: T, place: () => string) => void

/** NaN for a failed extraction. */
export const SCORE: Column<number> = {
  name: 'score',
  expected: 'a number, or empty or nan for a failed extraction',
  parse(cell) {
    if (typeof cell === 'number') return cell === Number.POSITIVE_INFINITY ? undefined : failedOr(cell)
    const text = cell === null || cell === undefined ? '' : String(cell).trim()
    if (text === '' || /^([-+]?nan|-inf(inity)?)$/i.test(text)) return Number.NaN
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  },
}

/** 1 or 0; tools that know booleans write those. */
export const MATED: Column<number> = {
  name: 'mated',
  expected: '1 or 0',
  parse(cell) {
    const text = typeof cell === 'string' ? cell.trim().toLowerCase() : cell
    if (text === 'true' || text === true) return 1
    if (text === 'false' || text === false) return 0
    const value = text === '' || text === null || text === undefined ? Number.NaN : Number(text)
    return value === 0 || value === 1 ? value : undefined
  },
}

/** A name, or a number that stands for one. */
export const nameColumn = (name: string): Column<string> => ({
  name,
  expected: 'a name or a number',
  parse: (cell) => textOf(cell) || undefined,
})

/** A subject; empty where it is nobody known. */
export const subjectColumn = (name: string): Column<string> => ({
  name,
  expected: 'a name, a number, or empty for nobody known',
  parse: textOf,
})

/**
 * Reads the rows of a file of scores, CSV or Parquet, one after another.
 * @param columns which are wanted, in this order; others may be there
 * @throws DomainError SCORES_FILE_INVALID with the line or row and the column that does not fit
 */
export async function readScoreFile<T extends readonly unknown[]>(
  file: string,
  columns: { readonly [K in keyof T]: Column<T[K]> },
  onRow: OnRow<T>,
): Promise<void> {
  const names = columns.map(({ name }) => name)
  const onCells: OnCells = (cells, place) => {
    const row = columns.map((column, index) => {
      const value = column.parse(cells[index])
      if (value === undefined) {
        const found = cells[index] === null || cells[index] === undefined ? 'nothing' : `"${String(cells[index])}"`
        throw scoresInvalid(`${place()}, column ${column.name}`, `${found} is not ${column.expected}`)
      }
      return value
    })
    onRow(row as unknown as T, place)
  }
  // Loaded when needed: both would slow every other command down.
  const readRows = (await isParquet(file))
    ? (await import('./metrics-parquet.js')).readParquetRows
    : (await import('./metrics-csv.js')).readCsvRows
  await readRows(file, names, onCells)
}

/** By its first bytes: names of files lie. */
async function isParquet(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    if ((await handle.stat()).isDirectory()) throw scoresInvalid(file, 'it is a folder; name a CSV or Parquet file')
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1'
  } finally {
    await handle.close()
  }
}

function failedOr(score: number): number {
  return score === Number.NEGATIVE_INFINITY ? Number.NaN : score
}

function textOf(cell: unknown): string | undefined {
  if (cell === null || cell === undefined) return ''
  return typeof cell === 'object' ? undefined : String(cell).trim()
}
