import { setTimeout as sleep } from 'node:timers/promises'
import { pythonEnv } from '../fixtures/python-env.js'
import type { BenchRow } from './bench-row.js'
import { pythonScript, startPeer } from './peers/peer-process.js'
import type { TrainingNetwork } from './train-networks.js'
import { type Loaded, loadCommand, type Steps, startOurs } from './train-process.js'

const ROUNDS = 7
// Until the other side's threads sleep.
const PAUSE_MS = 200
const LEAST_RATIO = 0.9
// Together they are what onnx2torch 1.5.15, its last version, was found to work with.
const PACKAGES = ['torch==2.11.0', 'torchvision==0.26.0', 'onnx2torch==1.5.15', 'onnx==1.23.2', 'numpy==2.4.6']

/** Images a second of whole steps: forward, backward, update. Ours and PyTorch take turns. */
export async function compareSpeed(
  networks: readonly TrainingNetwork[],
  folder: string,
  log: (line: string) => void,
  rounds = ROUNDS,
): Promise<BenchRow[]> {
  log('PyTorch is set up in the cache once: some gigabytes')
  const python = await pythonEnv(PACKAGES)
  const rows: BenchRow[] = []
  for (const network of networks) rows.push(await compare(network, python, folder, log, rounds))
  return rows
}

async function compare(
  network: TrainingNetwork,
  python: string,
  folder: string,
  log: (line: string) => void,
  rounds: number,
): Promise<BenchRow> {
  const { name, side, batch, steps } = network
  const [ours, peer] = [startOurs(), startPeer(python, pythonScript('train.py'))]
  try {
    const command = await loadCommand(network, batch, folder)
    const [we, they] = [await ours.ask<Loaded>(command), await peer.ask<Loaded>(command)]
    if (we.learns !== they.learns) throw new Error(`${name}: we learn ${we.learns} weights, PyTorch ${they.learns}`)
    log(`${name}: ${we.learns} weights, ${we.about} and ${they.about}`)

    const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
    for (let round = 0; round <= rounds; round++) {
      await sleep(PAUSE_MS)
      const theirs = await peer.ask<Steps>({ steps })
      await sleep(PAUSE_MS)
      const mine = await ours.ask<Steps>({ steps })
      expectSameLosses(name, mine.losses, theirs.losses)
      // The first round warms both up.
      if (round === 0) continue
      times.ours.push(...mine.ms)
      times.peer.push(...theirs.ms)
    }
    const perSecond = (ms: readonly number[]) => (batch * 1_000) / median(ms)
    const [our, their] = [perSecond(times.ours), perSecond(times.peer)]
    log(`${name}: ${our.toFixed(1)} images/s, PyTorch ${their.toFixed(1)}, ratio ${(our / their).toFixed(2)}`)
    return {
      what: `training step, ${name}, ${side} px, batch ${batch}, beside PyTorch`,
      ours: our,
      peer: their,
      unit: 'images/s',
      ratio: our / their,
      bar: `ratio >= ${LEAST_RATIO}`,
      pass: our / their >= LEAST_RATIO,
    }
  } finally {
    await Promise.allSettled([ours.close(), peer.close()])
  }
}

/** Both begin with the same weights and do the same: their losses tell whether that is so. */
function expectSameLosses(name: string, ours: readonly number[], theirs: readonly number[]): void {
  const different = ours.findIndex((loss, step) => Math.abs(loss - (theirs[step] ?? Number.NaN)) > 0.01)
  if (different < 0) return
  throw new Error(
    `${name}: the loss is ${ours[different]}, PyTorch's ${theirs[different]}: it is not the same training`,
  )
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}
