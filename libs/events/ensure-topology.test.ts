import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { connect, type JetStreamManager, type NatsConnection } from 'nats'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type NatsServer, startNats } from '../../test/fixtures/servers/nats.js'
import { workerFile } from '../config/worker-file.js'
import { ensureTopology } from './ensure-topology.js'
import { createJetStreamEventBus } from './jetstream.js'
import { testEvent, until } from './testing/events.js'
import { CONSUMERS, durableName, planOf, STREAMS, streamOf } from './topology.js'

let server: NatsServer
let nc: NatsConnection
let jsm: JetStreamManager
const servers = () => [server.url]

beforeAll(async () => {
  server = await startNats()
})
beforeEach(async () => {
  await nc?.close()
  await server.wipe()
  nc = await connect({ servers: new URL(server.url).host })
  jsm = await nc.jetstreamManager()
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

describe('ensureTopology', () => {
  it('makes streams that refuse new events instead of forgetting old ones, and all consumers', async () => {
    await ensureTopology({ servers: servers() })
    for (const { name, maxBytes, subjects } of Object.values(STREAMS)) {
      const { config } = await jsm.streams.info(name)
      expect(config).toMatchObject({ discard: 'new', storage: 'file', max_bytes: maxBytes, subjects })
    }
    for (const plan of CONSUMERS) {
      const { config } = await jsm.consumers.info(streamOf(plan.type).name, durableName(plan))
      expect(config).toMatchObject({
        ack_policy: 'explicit',
        deliver_policy: 'all',
        filter_subject: plan.type,
        max_ack_pending: plan.maxAckPending,
        max_deliver: -1,
      })
    }
  })

  it('may be done twice, and by two processes at once', async () => {
    const ensure = workerFile(import.meta.url, './testing/ensure.js').pathname
    const once = () => promisify(execFile)(process.execPath, [ensure, server.url])
    await Promise.all([once(), once()])
    await ensureTopology({ servers: servers() })
    expect((await jsm.streams.names().next()).sort()).toEqual(['CROSSRES', 'CROSSRES_DEAD', 'CROSSRES_S3'])
  })

  it('changes what is there to what is declared, and keeps the events in it', async () => {
    const bus = createJetStreamEventBus({ servers: servers() })
    await ensureTopology({ servers: servers() })
    await bus.publish(testEvent('a', 'crossres.v1.image.stored'))
    await bus.close()
    const events = { ...STREAMS.events, maxBytes: 2 ** 20 }
    const consumer = { ...planOf('downsampler', 'crossres.v1.image.stored'), ackWaitMs: 7_000, maxAckPending: 5 }
    await ensureTopology({ servers: servers(), streams: [events], consumers: [consumer] })
    const { config, state } = await jsm.streams.info('CROSSRES')
    expect([config.max_bytes, state.messages]).toEqual([2 ** 20, 1])
    const changed = await jsm.consumers.info('CROSSRES', durableName(consumer))
    expect(changed.config).toMatchObject({ ack_wait: 7e9, max_ack_pending: 5 })
  })

  it('says what is missing where no server answers', async () => {
    await server.kill()
    const ensuring = ensureTopology({ servers: servers(), timeoutMs: 200 })
    await expect(ensuring).rejects.toMatchObject({ reason: 'EVENTS_UNAVAILABLE' })
    await server.restart()
  })
})

describe('a bus', () => {
  it('keeps events for the consumers that are declared, before any has run', async () => {
    const bus = createJetStreamEventBus({ servers: servers() })
    await bus.publish(testEvent('a', 'crossres.v1.image.stored'))
    const seen: string[] = []
    await bus.subscribe('crossres.v1.image.stored', 'downsampler', async ({ id }) => {
      seen.push(id)
    })
    await until(() => seen.length === 1)
    await bus.close()
  })

  it('leaves what is there as it is', async () => {
    await ensureTopology({ servers: servers(), streams: [{ ...STREAMS.events, maxBytes: 2 ** 20 }], consumers: [] })
    const bus = createJetStreamEventBus({ servers: servers() })
    await bus.publish(testEvent('a'))
    await bus.close()
    expect((await jsm.streams.info('CROSSRES')).config.max_bytes).toBe(2 ** 20)
  })

  it('refuses an event for which there is no room, and forgets none', async () => {
    await ensureTopology({
      servers: servers(),
      streams: [{ ...STREAMS.events, maxBytes: 20_000 }, STREAMS.notifications],
    })
    const bus = createJetStreamEventBus({ servers: servers(), timeoutMs: 300 })
    const large = (id: string) => ({ ...testEvent(id, 'crossres.v1.image.stored'), data: new Uint8Array(15_000) })
    await bus.publish(large('a'))
    await expect(bus.publish(large('b'))).rejects.toMatchObject({ reason: 'EVENTS_FULL' })
    await bus.close()
    expect((await jsm.streams.info('CROSSRES')).state.messages).toBe(1)
  })

  it('forgets an event that all its consumers have handled, or that has none', async () => {
    const bus = createJetStreamEventBus({ servers: servers() })
    let handled = 0
    const count = async () => {
      handled += 1
    }
    await bus.subscribe('crossres.v1.test.happened', 'one', count)
    await bus.subscribe('crossres.v1.test.happened', 'two', count)
    await bus.publish(testEvent('a'))
    await bus.publish(testEvent('b', 'crossres.v1.test.other'))
    const left = async () => (await jsm.streams.info('CROSSRES')).state.messages
    await until(async () => handled === 2 && (await left()) === 0)
    await bus.close()
  })

  it('writes events as CloudEvents in binary mode', async () => {
    await ensureTopology({ servers: servers() })
    const bus = createJetStreamEventBus({ servers: servers(), name: 'downsampler' })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await bus.publish({ ...testEvent('a b', 'crossres.v1.image.stored'), traceparent })
    await bus.close()
    const { subject, header, data } = await jsm.streams.getMessage('CROSSRES', { last_by_subj: '>' })
    expect(subject).toBe('crossres.v1.image.stored')
    expect(Object.fromEntries(header.keys().map((key) => [key, header.get(key)]))).toEqual({
      'Nats-Msg-Id': 'a%20b',
      'ce-specversion': '1.0',
      'ce-id': 'a%20b',
      'ce-type': 'crossres.v1.image.stored',
      'ce-source': '/downsampler',
      'ce-subject': 'galleries/g/subjects/s',
      'ce-time': '1970-01-01T00:00:01.000Z',
      'content-type': 'application/protobuf',
      traceparent,
    })
    expect(Buffer.from(data).toString()).toBe('a b')
  })

  it('removes a transient consumer when it is closed', async () => {
    const bus = createJetStreamEventBus({ servers: servers() })
    await bus.subscribe('crossres.v1.model.promoted', 'embedder', async () => {}, { transient: true })
    const count = async () => (await jsm.streams.info('CROSSRES')).state.consumer_count
    const lasting = CONSUMERS.filter(({ type }) => streamOf(type) === STREAMS.events).length
    expect(await count()).toBe(lasting + 1)
    await bus.close()
    expect(await count()).toBe(lasting)
  })
})
