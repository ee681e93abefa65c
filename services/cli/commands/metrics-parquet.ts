import { type AsyncBuffer, asyncBufferFromFile, type ParquetScan, parquetScan } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { OnCells } from './metrics-cells.js'
import { requireColumns, scoresInvalid } from './metrics-score-errors.js'

/** Reads a Parquet file, one group of its rows at a time. */
export async function readParquetRows(file: string, columns: readonly string[], onCells: OnCells): Promise<void> {
  const source = await asyncBufferFromFile(file)
  const { metadata, ranges, readColumn } = await scan(file, source)
  requireColumns(
    file,
    columns,
    metadata.schema.slice(1).map(({ name }) => name),
  )
  let row = 0
  const place = () => `${file}, row ${row}`
  for (const { rowStart, rowEnd } of ranges) {
    const parts = await Promise.all(columns.map((column) => readColumn({ column, rowStart, rowEnd }))).catch(
      (error: unknown) => {
        throw unreadable(file, error)
      },
    )
    for (let index = 0; index < rowEnd - rowStart; index++) {
      row = rowStart + index + 1
      onCells(
        parts.map((part) => part[index]),
        place,
      )
    }
  }
}

async function scan(file: string, source: AsyncBuffer): Promise<ParquetScan> {
  try {
    return await parquetScan({ file: source, compressors })
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): Error {
  const said = error instanceof Error ? error.message : String(error)
  return scoresInvalid(file, `it cannot be read as Parquet (${said}); write it again, or give CSV`, error)
}
