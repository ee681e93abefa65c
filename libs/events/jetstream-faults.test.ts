import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { freePort } from '../../test/fixtures/servers/free-port.js'
import { type NatsServer, startNats } from '../../test/fixtures/servers/nats.js'
import { workerFile } from '../config/worker-file.js'
import { type EventBus, PoisonError } from './event-bus.js'
import { createJetStreamEventBus, type JetStreamOptions } from './jetstream.js'
import { testEvent, until } from './testing/events.js'
import { NOTIFICATIONS_SUBJECT } from './topology.js'

const TYPE = 'crossres.v1.test.happened'
let server: NatsServer
let folder: string
const buses: EventBus[] = []

/** A bus that is closed when its test ends. */
function open(options: Partial<JetStreamOptions> = {}): EventBus {
  const bus = createJetStreamEventBus({ servers: [server.url], ...options })
  buses.push(bus)
  return bus
}

beforeAll(async () => {
  server = await startNats()
  folder = await mkdtemp(join(tmpdir(), 'crossres-events-'))
})
beforeEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()))
  await server.wipe()
})
afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()))
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

it('loses nothing, and does nothing twice, when the server is killed in the middle', async () => {
  const bus = open()
  const done = new Map<string, number>()
  let deliveries = 0
  await bus.subscribe(TYPE, 'c', async ({ id }) => {
    deliveries += 1
    await sleep(1)
    // Idempotent, as handlers must be: the same id twice is the same event.
    done.set(id, deliveries)
  })
  const ids = Array.from({ length: 300 }, (_, index) => String(index))
  const publishing = Promise.all(ids.map((id) => bus.publish(testEvent(id))))
  await until(() => done.size >= 20)
  await server.kill()
  await sleep(300)
  await server.restart()
  await publishing
  await until(() => done.size === ids.length)
  await server.restart()
  await bus.publish(testEvent('after'))
  await until(() => done.has('after'))
  expect([...done.keys()].sort()).toEqual([...ids, 'after'].sort())
  expect(await bus.deadLetters()).toEqual([])
})

it('keeps what was published while no consumer ran, over a restart of the server', async () => {
  const before = open()
  await (await before.subscribe(TYPE, 'c', async () => {})).close()
  await before.publish(testEvent('a'))
  await server.restart()
  const seen: string[] = []
  await open().subscribe(TYPE, 'c', async ({ id }) => {
    seen.push(id)
  })
  await until(() => seen.length > 0)
  expect(seen).toEqual(['a'])
})

it('gives the event of a consumer that dies before its acknowledgement to another', async () => {
  const bus = open({ settings: { ackWaitMs: 1_000 } })
  const file = join(folder, 'done')
  const worker = workerFile(import.meta.url, './testing/consume.js')
  const child = spawn(process.execPath, [worker.pathname, server.url, file], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  // The event must find a consumer, its own or ours, and nobody of ours may handle it.
  await (await bus.subscribe(TYPE, 'worker', async () => {})).close()
  await bus.publish(testEvent('a'))
  await until(() => existsSync(file) && readFileSync(file, 'utf8') === 'a\n')
  child.kill('SIGKILL')
  await ended
  const seen: string[] = []
  await bus.subscribe(TYPE, 'worker', async ({ id }) => {
    seen.push(id)
  })
  await until(() => seen.length > 0)
  expect(seen).toEqual(['a'])
})

it('gives up an event that nobody ever answers for', async () => {
  const bus = open({ settings: { ackWaitMs: 300, patienceMs: 0, maxDeliver: 2, backoffMs: [1] }, closeGraceMs: 0 })
  let tries = 0
  await bus.subscribe(TYPE, 'c', (_, { signal }) => {
    tries += 1
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  })
  await bus.publish(testEvent('a'))
  await until(async () => (await bus.deadLetters()).length === 1)
  expect(tries).toBe(2)
  expect((await bus.deadLetters())[0]).toMatchObject({
    event: { id: 'a' },
    reason: 'given out 2 times without an answer',
  })
})

it('leaves a handler its event for as long as it says that it works', async () => {
  const bus = open({ settings: { ackWaitMs: 300, patienceMs: 0 } })
  let deliveries = 0
  let done = false
  await bus.subscribe(TYPE, 'c', async (_, { working }) => {
    deliveries += 1
    for (let step = 0; step < 12; step++) {
      await sleep(100)
      working()
    }
    done = true
  })
  await bus.publish(testEvent('a'))
  await until(() => done)
  await sleep(400)
  expect(deliveries).toBe(1)
})

it('says for a handler that it works, for some time', async () => {
  const bus = open({ settings: { ackWaitMs: 300, patienceMs: 60_000 } })
  let deliveries = 0
  let done = false
  await bus.subscribe(TYPE, 'c', async () => {
    deliveries += 1
    await sleep(1_200)
    done = true
  })
  await bus.publish(testEvent('a'))
  await until(() => done)
  await sleep(400)
  expect(deliveries).toBe(1)
})

it('handles others while an event waits for its next try', async () => {
  const bus = open({ settings: { backoffMs: [3_000] } })
  const seen: string[] = []
  const handler = async (id: string, attempt: number) => {
    seen.push(`${id}${attempt}`)
    if (id === 'a' && attempt === 1) throw new Error('not yet')
  }
  await bus.subscribe(TYPE, 'c', ({ id }, { attempt }) => handler(id, attempt), { concurrency: 1 })
  await bus.publish(testEvent('a'))
  await until(() => seen.length === 1)
  await bus.publish(testEvent('b'))
  await until(() => seen.length === 3)
  expect(seen).toEqual(['a1', 'b1', 'a2'])
})

it('handles as many events at a time as asked', async () => {
  const bus = open()
  let now = 0
  let most = 0
  let done = 0
  const handler = async () => {
    most = Math.max(most, ++now)
    await sleep(20)
    now -= 1
    done += 1
  }
  await bus.subscribe(TYPE, 'c', handler, { concurrency: 3 })
  await Promise.all(Array.from({ length: 30 }, (_, index) => bus.publish(testEvent(String(index)))))
  await until(() => done === 30)
  expect(most).toBe(3)
})

it('gives the events of a bus that closes to another, without waiting', async () => {
  const closing = open({ closeGraceMs: 50 })
  let started = false
  await closing.subscribe(TYPE, 'c', async (_, { signal }) => {
    started = true
    await sleep(60_000, null, { signal })
  })
  await closing.publish(testEvent('a'))
  await until(() => started)
  await closing.close()
  const seen: string[] = []
  const bus = open()
  await bus.subscribe(TYPE, 'c', async ({ id }) => {
    seen.push(id)
  })
  await until(() => seen.length > 0)
  expect(seen).toEqual(['a'])
  expect(await bus.deadLetters()).toEqual([])
})

it('carries on after the server has lost its disk', async () => {
  const bus = open()
  const seen: string[] = []
  await bus.subscribe(TYPE, 'c', async ({ id }) => {
    seen.push(id)
  })
  await bus.publish(testEvent('a'))
  await until(() => seen.includes('a'))
  await server.wipe()
  // Its consumer is missing as well, and without one nobody is interested: published until it is there again.
  for (let id = 0; seen.length < 2; id++) {
    await bus.publish(testEvent(`again-${id}`))
    await sleep(50)
  }
})

it('closes while its server is away', async () => {
  const bus = open()
  await bus.subscribe(TYPE, 'c', async () => {})
  await server.kill()
  await bus.close()
  await expect(bus.publish(testEvent('a'))).rejects.toMatchObject({ reason: 'EVENTS_UNAVAILABLE' })
})

it('handles what is no CloudEvent by its subject, and keeps its id as a dead letter', async () => {
  const bus = open()
  const ids: string[] = []
  await bus.subscribe(NOTIFICATIONS_SUBJECT, 'downsampler', async ({ id, type, data }) => {
    ids.push(id)
    expect([type, Buffer.from(data).toString()]).toEqual([NOTIFICATIONS_SUBJECT, '{}'])
    throw new PoisonError('nothing in it')
  })
  const { connect } = await import('nats')
  const nc = await connect({ servers: new URL(server.url).host })
  await nc.jetstream().publish(NOTIFICATIONS_SUBJECT, '{}')
  await nc.close()
  await until(async () => (await bus.deadLetters()).length === 1)
  const [letter] = await bus.deadLetters()
  expect(letter).toMatchObject({ consumer: 'downsampler', attempts: 1, event: { type: NOTIFICATIONS_SUBJECT } })
  await bus.replay(letter?.id ?? '')
  await until(() => ids.length === 2)
  expect(ids[1]).toBe(ids[0])
})

it('says which server does not answer, without its password', async () => {
  const port = await freePort()
  const bus = createJetStreamEventBus({ servers: [`nats://user:secret@127.0.0.1:${port}`], timeoutMs: 200 })
  const failure = await bus.publish(testEvent('a')).catch((error: unknown) => error)
  await bus.close()
  expect(failure).toMatchObject({ reason: 'EVENTS_UNAVAILABLE', metadata: { servers: `127.0.0.1:${port}` } })
  expect((failure as Error).message).not.toContain('secret')
})

it('refuses an event that is too large at once', async () => {
  const large = { ...testEvent('a'), data: new Uint8Array(2 ** 20 + 1) }
  await expect(open().publish(large)).rejects.toMatchObject({ reason: 'EVENT_TOO_LARGE' })
})

it('comes in with user and password, and says so where it may not', async () => {
  const guarded = await startNats({ args: ['--user', 'crossres', '--pass', 'a:b/c'] })
  const { host } = new URL(guarded.url)
  const [right, wrong] = ['a%3Ab%2Fc', 'other'].map((password) =>
    createJetStreamEventBus({ servers: [`nats://crossres:${password}@${host}`], timeoutMs: 5_000 }),
  )
  try {
    await right?.publish(testEvent('a'))
    await expect(wrong?.publish(testEvent('a'))).rejects.toMatchObject({ reason: 'EVENTS_DENIED' })
  } finally {
    await Promise.all([right?.close(), wrong?.close()])
    await guarded.stop()
  }
})
