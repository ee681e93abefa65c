import { expect, it } from 'vitest'
import { startNats } from '../../test/fixtures/servers/nats.js'
import type { EventBus } from './event-bus.js'
import { openEventBus } from './open-event-bus.js'
import { testEvent, until } from './testing/events.js'

const TYPE = 'crossres.v1.test.happened'

async function listen(bus: EventBus, consumer: string): Promise<string[]> {
  const seen: string[] = []
  await bus.subscribe(TYPE, consumer, async ({ id }) => {
    seen.push(id)
  })
  return seen
}

it('opens a bus of this process alone', async () => {
  const [one, two] = [openEventBus({ kind: 'in-process' }), openEventBus({ kind: 'in-process' })]
  const seen = [await listen(one, 'one'), await listen(two, 'two')]
  await one.publish(testEvent('a', TYPE))
  await one.close()
  await two.close()
  expect(seen).toEqual([['a'], []])
})

it('opens a bus over a server, which all share', async () => {
  const server = await startNats()
  const description = { kind: 'nats', servers: [server.url], replicas: 1 } as const
  const [one, two] = [openEventBus(description), openEventBus(description, { name: 'two' })]
  try {
    const [first, second] = [await listen(one, 'one'), await listen(two, 'two')]
    await one.publish(testEvent('a', TYPE))
    await until(() => first.length === 1 && second.length === 1)
  } finally {
    await one.close()
    await two.close()
    await server.stop()
  }
})
