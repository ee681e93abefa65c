import { SpanStatusCode } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { DomainError } from '../config/domain-error.js'
import { createStageClock } from './stage-clock.js'
import { createTelemetry } from './telemetry.js'
import { createSpanMemory } from './testing/span-memory.js'
import { formatTraceparent, parseTraceparent } from './traceparent.js'
import { NO_TRACING } from './tracing.js'

const memory = createSpanMemory()
beforeEach(() => memory.forget())

describe('traceparent', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const spanId = '00f067aa0ba902b7'

  it('is read as the standard writes it, and written so', () => {
    const header = `00-${traceId}-${spanId}-01`
    const span = parseTraceparent(header)
    expect(span).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true })
    expect(span && formatTraceparent(span)).toBe(header)
    expect(parseTraceparent(`01-${traceId}-${spanId}-00-more`)).toMatchObject({ traceId, traceFlags: 0 })
  })

  it('begins a new trace where it is wrong', () => {
    const wrong = [
      undefined,
      '',
      'x',
      `ff-${traceId}-${spanId}-01`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}`,
    ]
    for (const header of wrong) expect(parseTraceparent(header), header).toBeUndefined()
    const tracing = memory.process()
    tracing.begin('work', { parent: 'x' }).end()
    expect(memory.spans()[0]?.parentSpanContext).toBeUndefined()
  })
})

describe('work', () => {
  it('is part of the work at hand, however long that takes and whatever runs beside it', async () => {
    const tracing = memory.process()
    const { stage } = createTelemetry({ tracing })
    const pause = () => new Promise((resolve) => setImmediate(resolve))
    const call = async (name: string, requestId: string) => {
      const work = tracing.begin(name, { requestId })
      await work.within(async () => {
        await pause()
        await stage('faces', async () => {
          await pause()
          await stage('decode', pause)
          expect(tracing.ids()).toEqual({ traceId: work.traceId, requestId })
        })
      })
      work.end()
      return work.traceId
    }
    const traces = await Promise.all([call('a', '1'), call('b', '2')])
    expect(new Set(traces).size).toBe(2)
    expect(tracing.ids()).toEqual({})
    const paths = memory.spans().filter(({ name }) => name === 'decode')
    expect(paths.map((span) => span.spanContext().traceId).sort()).toEqual([...traces].sort())
    expect(memory.pathOf('decode').slice(0, 2)).toEqual(['decode', 'faces'])
  })

  it('goes on elsewhere by its traceparent, and nothing else of it goes there', () => {
    const [here, there] = [memory.process(), memory.process()]
    const work = here.begin('here', { kind: 'client' })
    work.within(() => {
      expect(there.ids()).toEqual({})
      there.begin('there', { kind: 'server', parent: work.traceparent }).end()
    })
    work.end()
    expect(memory.pathOf('there')).toEqual(['there', 'here'])
  })

  it('tells of a failure by its reason alone', async () => {
    const { stage } = createTelemetry({ tracing: memory.process() })
    const failing = stage('search', () => Promise.reject(new DomainError('GALLERY_NOT_FOUND', 'There is no "ann".')))
    await expect(failing).rejects.toThrow('ann')
    const [span] = memory.spans()
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(span?.attributes).toEqual({ 'error.type': 'GALLERY_NOT_FOUND' })
    expect(span?.events).toEqual([])
  })

  it('takes in what a thread has measured', async () => {
    const tracing = memory.process()
    const telemetry = createTelemetry({ tracing })
    const { time, timings } = createStageClock()
    const before = Date.now()
    await time('decode', async () => {})
    await expect(time('detect', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(timings.map(({ stage }) => stage)).toEqual(['decode', 'detect'])
    for (const { startMs } of timings) expect(Math.abs(startMs - before)).toBeLessThan(60_000)
    await telemetry.stage('faces', async () =>
      telemetry.stages([{ stage: 'decode', startMs: 1_700_000_000_500, seconds: 0.25 }]),
    )
    const span = memory.spans().find(({ name }) => name === 'decode')
    expect(span?.startTime).toEqual([1_700_000_000, 500_000_000])
    expect(span?.endTime).toEqual([1_700_000_000, 750_000_000])
    expect(memory.pathOf('decode')).toEqual(['decode', 'faces'])
  })

  it('is nothing where nothing is traced', () => {
    const work = NO_TRACING.begin('work')
    expect([work.traceId, work.traceparent, work.within(() => 7), NO_TRACING.ids()]).toEqual([
      undefined,
      undefined,
      7,
      {},
    ])
  })
})
