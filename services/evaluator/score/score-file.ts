import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { IdentificationProtocol, VerificationProtocol } from '../../../libs/protocols/protocol.js'

/** What a score file says of itself, as key-value metadata of the Parquet file. */
export type ScoreFileNotes = Readonly<Record<string, string>>

/** Rows of a row group: readers hold one at a time. */
const GROUP = 1_000_000

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
})
const FLOAT = { type: 'FLOAT', repetition_type: 'REQUIRED' } as const
const INTEGER = { type: 'INT32', repetition_type: 'REQUIRED' } as const

/**
 * The comparisons of a verification as a Parquet file with the columns `reference`, `probe` (templates), `reference_subject`,
 * `probe_subject` (empty where nobody knows it), `mated` (1 or 0), `fold` and `score` (higher is more similar; NaN for a failed extraction):
 * what `crossres metrics verification` and `crossres report` read.
 */
export function verificationFile(
  { templates, pairs }: VerificationProtocol,
  scores: Float32Array,
  notes: ScoreFileNotes,
): Uint8Array {
  const columns = [
    text('reference'),
    text('probe'),
    text('reference_subject'),
    text('probe_subject'),
    { name: 'mated', ...INTEGER },
    { name: 'fold', ...INTEGER },
    { name: 'score', ...FLOAT },
  ]
  const file = createFile(columns, notes)
  const nameOf = (template: number) => templates[template]?.id as string
  const subjectOf = (template: number) => templates[template]?.subject ?? ''
  for (let from = 0; from < scores.length; from += GROUP) {
    const to = from + GROUP
    file.write([
      Array.from(pairs.reference.subarray(from, to), nameOf),
      Array.from(pairs.probe.subarray(from, to), nameOf),
      Array.from(pairs.reference.subarray(from, to), subjectOf),
      Array.from(pairs.probe.subarray(from, to), subjectOf),
      Int32Array.from(pairs.mated.subarray(from, to)),
      Int32Array.from(pairs.fold.subarray(from, to)),
      scores.slice(from, to),
    ])
  }
  return file.finish()
}

/** Collects searches into a Parquet file. */
export interface SearchFile {
  /** @param scores one for each template of the gallery */
  add(probe: number, scores: Float32Array): void
  finish(): Uint8Array
}

/**
 * The searches of one gallery as a Parquet file with the columns `probe`, `probe_subject`, `gallery` (template), `gallery_subject` and
 * `score`, a subject empty where nobody knows it: what `crossres metrics identification` and `crossres report` read.
 * @param gallery its place among the protocol's galleries
 */
export function createSearchFile(
  { templates, galleries, probes }: IdentificationProtocol,
  gallery: number,
  notes: ScoreFileNotes,
): SearchFile {
  const columns = ['probe', 'probe_subject', 'gallery', 'gallery_subject'].map(text)
  const file = createFile([...columns, { name: 'score', ...FLOAT }], notes)
  const enrolled = Array.from(galleries[gallery]?.templates ?? [], (template) => templates[template])
  const rows = {
    probe: [] as string[],
    subject: [] as string[],
    gallery: [] as string[],
    mate: [] as string[],
    score: [] as number[],
  }
  const flush = () => {
    if (rows.score.length === 0) return
    file.write([rows.probe, rows.subject, rows.gallery, rows.mate, Float32Array.from(rows.score)])
    for (const column of Object.values(rows)) column.length = 0
  }
  return {
    add(search, scores) {
      const probe = templates[probes[search] as number]
      for (const [i, score] of scores.entries()) {
        rows.probe.push(probe?.id ?? '')
        rows.subject.push(probe?.subject ?? '')
        rows.gallery.push(enrolled[i]?.id ?? '')
        rows.mate.push(enrolled[i]?.subject ?? '')
        rows.score.push(score)
      }
      if (rows.score.length >= GROUP) flush()
    },
    finish() {
      flush()
      return file.finish()
    },
  }
}

function createFile(columns: readonly SchemaElement[], notes: ScoreFileNotes) {
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: columns.length }, ...columns],
    kvMetadata: Object.entries(notes).map(([key, value]) => ({ key, value })),
    createdBy: 'crossres',
  })
  return {
    write(data: readonly (string[] | Int32Array | Float32Array)[]): void {
      const columnData = columns.map(({ name }, i) => ({ name, data: data[i] as string[] }))
      // Nothing to wait for: this writer has no flush.
      void parquet.write({ columnData, rowGroupSize: GROUP })
    },
    finish(): Uint8Array {
      void parquet.finish()
      return writer.getBytes()
    },
  }
}
