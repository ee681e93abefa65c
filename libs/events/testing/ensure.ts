import { ensureTopology } from '../ensure-topology.js'

/** Makes the topology in a process of its own, for tests that do it in two at once. */
await ensureTopology({ servers: [process.argv[2] as string] })
