import { beforeEach, expect, it, vi } from 'vitest'
import { type BusEvent, type EventBus, PoisonError } from '../events/event-bus.js'
import { createInProcessEventBus } from '../events/in-process.js'
import { createMetrics } from './metrics.js'
import { observeBus } from './observe-bus.js'
import { createTelemetry, NO_TELEMETRY } from './telemetry.js'
import { createSpanMemory } from './testing/span-memory.js'
import { withTrace } from './traced-bus.js'
import { NO_TRACING } from './tracing.js'

const TYPE = 'crossres.v1.test.happened'
const event = (id: string, more: Partial<BusEvent> = {}): BusEvent => ({
  type: TYPE,
  id,
  subject: 's',
  time: new Date(),
  data: Buffer.of(),
  ...more,
})
const memory = createSpanMemory()
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000, interval: 10 })
beforeEach(() => memory.forget())

/** The events that reach a consumer. */
async function listen(bus: EventBus): Promise<BusEvent[]> {
  const events: BusEvent[] = []
  await bus.subscribe(TYPE, 'c', async (one) => {
    events.push(one)
  })
  return events
}

it('carries a trace from whoever publishes to whoever handles, and on to what that publishes', async () => {
  const plain = createInProcessEventBus()
  const [publisher, handler] = [memory.process(), memory.process()]
  const [here, there] = [withTrace(plain, publisher), withTrace(plain, handler)]
  await there.subscribe(TYPE, 'first', async ({ id }) => {
    await there.publish({ ...event(`${id}-more`), type: 'crossres.v1.test.followed' })
  })
  const last = vi.fn(async () => {})
  await here.subscribe('crossres.v1.test.followed', 'second', last)
  const work = publisher.begin('call')
  await work.within(() => here.publish(event('1')))
  work.end()
  await eventually(() => expect(memory.spans()).toHaveLength(5))
  expect(memory.pathOf('handle crossres.v1.test.followed')).toEqual([
    'handle crossres.v1.test.followed',
    'publish crossres.v1.test.followed',
    `handle ${TYPE}`,
    `publish ${TYPE}`,
    'call',
  ])
  expect(last).toHaveBeenCalledOnce()
  await plain.close()
})

it('goes on with the trace that an event has already', async () => {
  const plain = createInProcessEventBus()
  const tracing = memory.process()
  const before = tracing.begin('before')
  const { traceparent = '' } = before
  before.end()
  const got = await listen(plain)
  await withTrace(plain, tracing).publish(event('1', { traceparent }))
  await eventually(() => expect(got).toHaveLength(1))
  const [trace, sent] = [traceparent, got[0]?.traceparent].map((header) => header?.split('-')[1])
  expect(sent).toBe(trace)
  expect(memory.pathOf(`publish ${TYPE}`)).toEqual([`publish ${TYPE}`, 'before'])
  await plain.close()
})

it('is the bus itself where nothing is traced', async () => {
  const plain = createInProcessEventBus()
  expect(withTrace(plain, NO_TRACING)).toBe(plain)
  const silent = observeBus(plain, NO_TELEMETRY)
  const got = await listen(silent)
  await silent.publish(event('1'))
  await eventually(() => expect(got).toHaveLength(1))
  expect(got[0]).not.toHaveProperty('traceparent')
  await plain.close()
})

it('counts events by what came of them, and measures how long they waited', async () => {
  const metrics = createMetrics()
  const bus = observeBus(
    createInProcessEventBus({ maxDeliver: 3, backoffMs: 1 }),
    createTelemetry({ metrics, tracing: memory.process() }),
  )
  await bus.subscribe(TYPE, 'c', async ({ id }, { attempt }) => {
    if (id === 'poison') throw new PoisonError('unreadable')
    if (id === 'hopeless' || (id === 'late' && attempt < 2)) throw new Error('not now')
  })
  for (const id of ['good', 'late', 'hopeless', 'poison']) await bus.publish(event(id))
  await bus.publish(event('old', { time: new Date(Date.now() - 100_000) }))
  await eventually(async () => expect(await metrics.text()).toContain('outcome="done"} 3'))
  const text = await metrics.text()
  const of = `type="${TYPE}",consumer="c"`
  expect(text).toContain(`crossres_events_published_total{type="${TYPE}"} 5\n`)
  expect(text).toContain(`crossres_events_handled_total{${of},outcome="failed"} 3\n`)
  expect(text).toContain(`crossres_events_handled_total{${of},outcome="dead"} 2\n`)
  expect(text).toContain(`crossres_event_seconds_count{${of}} 8\n`)
  // A try that follows is not late: its event was told to wait.
  expect(text).toContain(`crossres_event_lag_seconds_count{${of}} 5\n`)
  expect(text).toContain(`crossres_event_lag_seconds_bucket{le="60",${of}} 4\n`)
  expect(await bus.deadLetters()).toHaveLength(2)
  await bus.close()
})
