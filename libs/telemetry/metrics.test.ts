import { readFile } from 'node:fs/promises'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { METRICS, type MetricPlan } from './metric-names.js'
import { createMetrics, NO_METRICS } from './metrics.js'
import { type ServedMetrics, serveMetrics } from './serve-metrics.js'
import { createTelemetry } from './telemetry.js'

const PLANS = Object.values<MetricPlan>(METRICS)
const logger = pino({ level: 'silent' })

it('counts and measures by label, each registry for itself', async () => {
  const [metrics, other] = [createMetrics(), createMetrics()]
  metrics.count('calls', { method: 'm', code: 'OK' })
  metrics.count('calls', { method: 'm', code: 'OK' })
  metrics.observe('batchSize', {}, 3)
  const text = await metrics.text()
  expect(text).toContain('crossres_calls_total{method="m",code="OK"} 2\n')
  expect(text).toContain('crossres_batch_size_bucket{le="2"} 0\n')
  expect(text).toContain('crossres_batch_size_bucket{le="4"} 1\n')
  expect(await other.text()).not.toContain('method="m"')
})

it('adds up what several read of a gauge, and leaves out one that nobody reads', async () => {
  const metrics = createMetrics()
  const lineOf = async () => (await metrics.text()).split('\n').find((line) => line.startsWith('crossres_queue_depth'))
  expect(await lineOf()).toBeUndefined()
  let waiting = 2
  const read = () => waiting
  const ends = [metrics.watch('queueDepth', read), metrics.watch('queueDepth', read)]
  expect(await lineOf()).toBe('crossres_queue_depth 4')
  waiting = 5
  ends[0]?.()
  expect(await lineOf()).toBe('crossres_queue_depth 5')
  ends[1]?.()
  expect(await lineOf()).toBeUndefined()
})

it('has names, units and labels as Prometheus wants them, and no label for what callers name', () => {
  for (const { name, kind, labels, buckets } of PLANS) {
    expect(name).toMatch(/^crossres_[a-z_]+$/)
    expect(name.endsWith('_total')).toBe(kind === 'counter')
    for (const label of labels) expect(label).not.toMatch(/subject|gallery|request|id$/)
    expect(buckets ?? []).toEqual([...(buckets ?? [])].sort((one, other) => one - other))
    expect(buckets !== undefined).toBe(kind === 'histogram')
  }
  expect(new Set(PLANS.map(({ name }) => name)).size).toBe(PLANS.length)
})

it('is documented as it is', async () => {
  const readme = await readFile(new URL('./README.md', import.meta.url), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `crossres_'))
  expect(rows).toEqual(
    PLANS.map(
      ({ name, kind, labels, help }) =>
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`,
    ),
  )
})

it('measures stages, those that fail as well', async () => {
  const metrics = createMetrics()
  const telemetry = createTelemetry({ metrics })
  expect(await telemetry.stage('read', async () => 7)).toBe(7)
  const failing = telemetry.stage('read', () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  telemetry.stages([{ stage: 'decode', startMs: 0, seconds: 0.004 }])
  const text = await metrics.text()
  expect(text).toContain('crossres_stage_seconds_count{stage="read"} 2\n')
  expect(text).toContain('crossres_stage_seconds_bucket{le="0.002",stage="decode"} 0\n')
  expect(text).toContain('crossres_stage_seconds_bucket{le="0.005",stage="decode"} 1\n')
})

it('does nothing where nothing is asked for', async () => {
  const unwatch = NO_METRICS.watch('queueDepth', () => {
    throw new Error('read')
  })
  unwatch()
  expect(await createTelemetry().stage('read', async () => 7)).toBe(7)
})

it('is fetched over HTTP, at one place, until it is closed', async () => {
  const metrics = createMetrics({ process: true })
  const open = (port: number): Promise<ServedMetrics> => serveMetrics(metrics, { host: '127.0.0.1', port, logger })
  const served = await open(0)
  const answer = await fetch(served.url)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await answer.text()).toMatch(/^process_resident_memory_bytes \d+$/m)
  expect((await fetch(new URL('/', served.url))).status).toBe(404)
  expect((await fetch(served.url, { method: 'POST' })).status).toBe(405)
  const port = Number(new URL(served.url).port)
  await expect(open(port)).rejects.toMatchObject({ reason: 'ADDRESS_UNAVAILABLE' })
  await served.close()
  await expect(fetch(served.url)).rejects.toThrow()
})
