import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from './bench-row.js'
import { measureLoader } from './train-loader.js'
import { measureMemory } from './train-memory.js'
import { trainingNetworks } from './train-networks.js'
import { compareSpeed } from './train-speed.js'

/** Training steps beside PyTorch's, memory over many of them, and how long they wait for faces. */
export const bench: Bench = {
  name: 'train',
  async run(log) {
    const folder = await mkdtemp(join(tmpdir(), 'crossres-bench-train-'))
    try {
      const networks = await trainingNetworks(folder, log)
      const speed = await compareSpeed(networks, folder, log)
      const memory = await measureMemory(networks, folder, log)
      return [...speed, ...memory, await measureLoader(folder, log)]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}
