import { appendFileSync } from 'node:fs'
import { createJetStreamEventBus } from '../jetstream.js'

/**
 * A consumer in a process of its own, for tests that kill it: writes the id of every event into a file when its work is done, and then stays
 * in the handler, so that it dies before the event is acknowledged.
 */
const [url, file] = process.argv.slice(2) as [string, string]
const bus = createJetStreamEventBus({ servers: [url], settings: { ackWaitMs: 1_000 } })
await bus.subscribe('crossres.v1.test.happened', 'worker', async ({ id }) => {
  appendFileSync(file, `${id}\n`)
  await new Promise(() => {})
})
