import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pythonEnv } from '../fixtures/python-env.js'
import type { Bench, BenchRow } from './bench-row.js'
import { ijbcSizes, writeEvaluation } from './evaluate-data.js'
import { pythonScript, startPeer } from './peers/peer-process.js'

const ROUNDS = 5
// Until the other side's threads sleep.
const PAUSE_MS = 200
const MOST_MEBIBYTES = 4096
/** What an evaluation draws unless told otherwise. */
const REPLICATES = 1000
/** Figures are shares of thousands of comparisons, and sums of other order bring a few of them to the other side of a threshold. */
const TOLERANCE = 5e-4

const STAGES = {
  pooling: 'templates of pictures',
  verification: 'comparisons, TAR at FAR, EER, AUC',
  identification: 'searches, CMC, mAP, FNIR at FPIR',
} as const

interface Measured {
  readonly ms: Readonly<Record<keyof typeof STAGES, number>>
  /** By metric and parameter. */
  readonly figures: Readonly<Record<string, number>>
  /** Ours alone tells. */
  readonly peak: number
}

/**
 * What the evaluator does with the embeddings of IJB-C, made up with its sizes, beside numpy: templates, 1:1 and 1:N with all their figures.
 * CROSSRES_BENCH_DIVISOR=20 takes a twentieth of everything.
 */
export const bench: Bench = {
  name: 'evaluate',
  run: (log) => benchEvaluate(log, Number(process.env.CROSSRES_BENCH_DIVISOR ?? 1)),
}

export async function benchEvaluate(log: (line: string) => void, divisor = 1, rounds = ROUNDS): Promise<BenchRow[]> {
  const sizes = ijbcSizes(divisor)
  const folder = await mkdtemp(join(tmpdir(), 'crossres-bench-'))
  const ours = startPeer(process.execPath, fileURLToPath(new URL('./peers/evaluate-ours.js', import.meta.url)))
  const peer = startPeer(await pythonEnv(['numpy']), pythonScript('evaluate.py'))
  try {
    const files = await writeEvaluation(sizes, 1n, folder)
    const [we, they] = [await ours.ask<About>({ files, sizes }), await peer.ask<About>({ files, sizes })]
    const { images, probes, galleries, matedPairs, nonMatedPairs } = sizes
    log(
      `${images} pictures, ${matedPairs + nonMatedPairs} comparisons, ${probes} searches of ${galleries.join(' and ')}`,
    )
    log(`${we.about} and ${they.about}`)

    const times: { ours: Measured['ms'][]; peer: Measured['ms'][] } = { ours: [], peer: [] }
    for (let round = 0; round <= rounds; round++) {
      await sleep(PAUSE_MS)
      const theirs = await peer.ask<Measured>({ replicates: 0 })
      await sleep(PAUSE_MS)
      const mine = await ours.ask<Measured>({ replicates: 0 })
      expectSameFigures(mine.figures, theirs.figures)
      // The first round warms both up.
      if (round === 0) continue
      times.ours.push(mine.ms)
      times.peer.push(theirs.ms)
    }
    const withIntervals = await ours.ask<Measured>({ replicates: REPLICATES })
    const rows = [
      ...Object.entries(STAGES).map(([stage, what]) =>
        row(what, times, (ms) => ms[stage as keyof typeof STAGES], false),
      ),
      row('all of it', times, total, true),
      alone(`all of it, with intervals of ${REPLICATES} replicates`, total(withIntervals.ms), 'ms'),
      memory(withIntervals.peak),
    ]
    for (const { what, ours: our, peer: their, unit } of rows) {
      log(`${what}: ${our.toFixed(0)} ${unit}${their === null ? '' : `, numpy ${their.toFixed(0)}`}`)
    }
    return rows
  } finally {
    await Promise.allSettled([ours.close(), peer.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

interface About {
  /** Name and version of what computes. */
  readonly about: string
}

const total = (ms: Measured['ms']) => ms.pooling + ms.verification + ms.identification

function row(
  what: string,
  times: Readonly<Record<'ours' | 'peer', readonly Measured['ms'][]>>,
  of: (ms: Measured['ms']) => number,
  held: boolean,
): BenchRow {
  const [our, their] = [median(times.ours.map(of)), median(times.peer.map(of))]
  return {
    what: `evaluation, ${what}`,
    ours: our,
    peer: their,
    unit: 'ms',
    ratio: our / their,
    bar: held ? 'not slower than numpy' : '',
    pass: held ? our <= their : null,
  }
}

const alone = (what: string, ours: number, unit: string): BenchRow => ({
  what: `evaluation, ${what}`,
  ours,
  peer: null,
  unit,
  ratio: null,
  bar: '',
  pass: null,
})

function memory(peak: number): BenchRow {
  const ours = peak / 2 ** 20
  const bar = `<= ${MOST_MEBIBYTES}`
  return {
    ...alone('most resident memory, loading and intervals included', ours, 'MiB'),
    bar,
    pass: ours <= MOST_MEBIBYTES,
  }
}

/** Both measure the same: all that numpy has worked out, ours must be too. */
function expectSameFigures(ours: Measured['figures'], theirs: Measured['figures']): void {
  const different = Object.keys(theirs).filter(
    (name) => !(Math.abs((ours[name] ?? Number.NaN) - (theirs[name] as number)) <= TOLERANCE),
  )
  // Where nobody is mistaken, any two would agree.
  if (!((theirs['eer@0'] as number) > 0)) throw new Error('the made-up faces are too easy to tell apart')
  if (different.length === 0 && Object.keys(ours).length === Object.keys(theirs).length) return
  const said = different.map((name) => `${name}: ${ours[name]}, numpy ${theirs[name]}`).join('; ')
  throw new Error(`the figures are not numpy's: ${said || `${Object.keys(ours)} beside ${Object.keys(theirs)}`}`)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}
