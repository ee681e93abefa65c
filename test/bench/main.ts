import type { Bench, BenchRow } from './bench-row.js'
import { bench as calibration } from './calibration.js'
import { bench as embed } from './embed.js'
import { bench as evaluate } from './evaluate.js'
import { bench as lfw } from './lfw.js'
import { bench as promotion } from './promotion.js'
import { bench as search } from './search.js'
import { bench as train } from './train.js'
import { bench as vectors } from './vectors.js'

const BENCHES: readonly Bench[] = [embed, search, train, lfw, calibration, evaluate, vectors, promotion]

const log = (line: string) => process.stderr.write(`${line}\n`)
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name))
if (unknown.length > 0) {
  log(
    `No benchmark ${unknown.join(', ')}: choose from ${BENCHES.map((bench) => bench.name).join(', ')}, or none for all.`,
  )
  process.exit(2)
}

const rows: BenchRow[] = []
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue
  log(`# ${bench.name}`)
  rows.push(...(await bench.run(log)))
}

const figure = (value: number | null) => (value === null ? '' : value.toPrecision(4))
const verdict = (pass: boolean | null) => (pass === null ? '' : pass ? 'met' : 'MISSED')
console.log('| what | ours | peer | unit | ratio | bar | |\n|---|---|---|---|---|---|---|')
for (const row of rows) {
  const cells = [row.what, figure(row.ours), figure(row.peer), row.unit, figure(row.ratio), row.bar, verdict(row.pass)]
  console.log(`| ${cells.join(' | ')} |`)
}
process.exit(rows.some((row) => row.pass === false) ? 1 : 0)
