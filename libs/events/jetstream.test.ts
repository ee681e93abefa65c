import { afterAll, beforeAll } from 'vitest'
import { type NatsServer, startNats } from '../../test/fixtures/servers/nats.js'
import { eventBusContract } from './event-bus.contract.js'
import { createJetStreamEventBus } from './jetstream.js'

let server: NatsServer
beforeAll(async () => {
  server = await startNats()
})
afterAll(() => server.stop())

eventBusContract('JetStream', async () => {
  await server.wipe()
  return createJetStreamEventBus({ servers: [server.url], settings: { maxDeliver: 3, backoffMs: [1] } })
})
