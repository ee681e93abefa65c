import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { parse } from 'csv-parse'
import type { Box } from '../face/face.js'

/** A row of an IJB metadata file: a face, and the template that it belongs to. */
export interface IjbRow {
  readonly template: number
  readonly subject: string
  /** Relative to the images; undefined in files that have template and subject alone. */
  readonly file?: string
  /** One face in one picture, or one face throughout a video. */
  readonly sighting?: string
  /** Undefined where nobody has drawn one. */
  readonly box?: Box
}

/** Columns in use; IJB-B's first release calls the file FILE. */
const COLUMNS = [
  'TEMPLATE_ID',
  'SUBJECT_ID',
  'FILENAME',
  'SIGHTING_ID',
  'FACE_X',
  'FACE_Y',
  'FACE_WIDTH',
  'FACE_HEIGHT',
]

/**
 * Reads `ijbc_1N_gallery_G1.csv` and its like, row by row: those of probes have half a million.
 * @throws Error that names the line that does not fit, or what the file system says
 */
export async function* readIjbCsv(file: string): AsyncGenerator<IjbRow> {
  const options = { columns: columnsOf, trim: true, bom: true, skip_empty_lines: true, relax_column_count: true }
  // The iteration reports what fails; a pipeline hands it on from the file, which a pipe would not.
  const rows: AsyncIterable<Readonly<Record<string, string>>> = pipeline(
    createReadStream(file),
    parse(options),
    () => {},
  )
  let line = 1
  for await (const row of rows) yield rowOf(row, ++line)
}

/** Names of the columns in use; the others are not kept. */
function columnsOf(heading: readonly string[]): (string | false)[] {
  const names = heading.map((name) => (name.toUpperCase() === 'FILE' ? 'FILENAME' : name.toUpperCase()))
  const missing = COLUMNS.slice(0, 2).filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Error(`line 1: the columns ${missing.join(', ')} are missing`)
  return names.map((name) => COLUMNS.includes(name) && name)
}

function rowOf(row: Readonly<Record<string, string>>, line: number): IjbRow {
  const template = Number(row.TEMPLATE_ID || Number.NaN)
  if (!Number.isSafeInteger(template)) throw new Error(`line ${line}: TEMPLATE_ID is no integer`)
  const subject = row.SUBJECT_ID
  if (!subject) throw new Error(`line ${line}: SUBJECT_ID is empty`)
  const { FILENAME: file, SIGHTING_ID: sighting } = row
  const box = boxOf(row, line)
  return { template, subject, ...(file && { file }), ...(sighting && { sighting }), ...(box && { box }) }
}

function boxOf(row: Readonly<Record<string, string>>, line: number): Box | undefined {
  const texts = [row.FACE_X, row.FACE_Y, row.FACE_WIDTH, row.FACE_HEIGHT]
  if (texts.some((text) => !text)) return undefined
  const [x = 0, y = 0, width = 0, height = 0] = texts.map(Number)
  if (![x, y, width, height].every(Number.isFinite)) throw new Error(`line ${line}: the face box is no four numbers`)
  return width > 0 && height > 0 ? { x, y, width, height } : undefined
}
