import { createReadStream } from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import type { OnCells } from './metrics-cells.js'
import { requireColumns, scoresInvalid } from './metrics-score-errors.js'

/** Reads a CSV file whose first line names the columns; the file is streamed, whatever its size. */
export async function readCsvRows(file: string, columns: readonly string[], onCells: OnCells): Promise<void> {
  let indices: number[] | undefined
  let line = 0
  const place = () => `${file}, line ${line}`
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    // Called for each record as it is found; nothing is passed on, so that no record is kept.
    on_record: (record: string[], { lines }) => {
      line = lines
      if (!indices) {
        const header = record.map((name) => name.trim())
        requireColumns(file, columns, header)
        indices = columns.map((name) => header.indexOf(name))
        return undefined
      }
      onCells(
        indices.map((index) => record[index]),
        place,
      )
      return undefined
    },
  })
  try {
    await pipeline(createReadStream(file), parser, new Writable({ objectMode: true, write: (_, __, done) => done() }))
  } catch (error) {
    if (error instanceof CsvError) throw scoresInvalid(file, error.message, error)
    throw error
  }
  if (!indices) requireColumns(file, columns, [])
}
