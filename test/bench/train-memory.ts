import type { BenchRow } from './bench-row.js'
import type { TrainingNetwork } from './train-networks.js'
import { type Loaded, loadCommand, type Steps, startOurs } from './train-process.js'

const BATCH = 8
const SETTLED = 100
const STEPS = 500
const MOST_GROWTH = 5

/** Resident memory after 500 steps beside that after 100, when allocators have what they need. */
export async function measureMemory(
  networks: readonly TrainingNetwork[],
  folder: string,
  log: (line: string) => void,
  steps = STEPS,
  settled = SETTLED,
): Promise<BenchRow[]> {
  const network = networks.find(({ name }) => name === 'MobileFaceNet')
  if (!network) return []
  const ours = startOurs()
  try {
    await ours.ask<Loaded>(await loadCommand(network, BATCH, folder))
    const { rss: before } = await ours.ask<Steps>({ steps: settled })
    const { rss: after } = await ours.ask<Steps>({ steps: steps - settled })
    const growth = (after / before - 1) * 100
    const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
    log(`MobileFaceNet: ${mebibytes(before)} MiB after ${settled} steps, ${mebibytes(after)} after ${steps}`)
    return [
      {
        what: `training, growth of resident memory from step ${settled} to ${steps}, MobileFaceNet, batch ${BATCH}`,
        ours: growth,
        peer: null,
        unit: '%',
        ratio: null,
        bar: `<= ${MOST_GROWTH}`,
        pass: growth <= MOST_GROWTH,
      },
    ]
  } finally {
    await ours.close()
  }
}
