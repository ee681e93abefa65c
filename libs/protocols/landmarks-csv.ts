import { parse } from 'csv-parse/sync'
import type { FaceRegion } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'

const POINTS = ['left_eye', 'right_eye', 'nose', 'left_mouth', 'right_mouth'] as const
const COLUMNS = [
  'file',
  'score',
  'x',
  'y',
  'width',
  'height',
  ...POINTS.flatMap((point) => [`${point}_x`, `${point}_y`]),
]

/**
 * Reads a table of known faces: columns file, score, x, y, width, height and x, y of five points, in pixels of that file.
 * @returns the face of each file; of several the first
 * @throws DomainError LANDMARKS_FILE_INVALID with the column or line that does not fit
 */
export function parseLandmarksCsv(text: string): Map<string, FaceRegion> {
  let rows: Record<string, string>[]
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true })
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause))
  }
  const missing = COLUMNS.filter((column) => rows[0] && !(column in rows[0]))
  if (missing.length > 0) throw invalid(`the columns ${missing.join(', ')} are missing`)

  const faces = new Map<string, FaceRegion>()
  rows.forEach((row, index) => {
    const number = (column: string): number => {
      const value = Number(row[column])
      if (row[column] === '' || !Number.isFinite(value)) throw invalid(`line ${index + 2}: ${column} is no number`)
      return value
    }
    const file = row.file ?? ''
    if (faces.has(file)) return
    faces.set(file, {
      box: { x: number('x'), y: number('y'), width: number('width'), height: number('height') },
      landmarks: POINTS.map((point) => ({ x: number(`${point}_x`), y: number(`${point}_y`) })),
      detectionScore: number('score'),
    })
  })
  return faces
}

function invalid(problem: string): DomainError {
  return new DomainError(
    'LANDMARKS_FILE_INVALID',
    `The landmarks file cannot be used: ${problem}. Its columns are ${COLUMNS.join(', ')}.`,
  )
}
