import { afterEach, expect, it } from 'vitest'
import { openTelemetry } from './open-telemetry.js'
import { openOtlpTracer } from './otlp.js'
import { type Collector, startCollector } from './testing/collector.js'
import { createTracing } from './tracing.js'

let collector: Collector | undefined
afterEach(() => collector?.close())

it('sends what was traced to the collector, at the end at the latest', async () => {
  collector = await startCollector()
  const { tracer, close } = await openOtlpTracer(`${collector.endpoint}/`, 'embedder')
  const work = createTracing(tracer).begin('crossres.v1.Embedder/Embed', { kind: 'server' })
  work.end()
  await close()
  expect(collector.paths).toEqual(['/v1/traces'])
  const { traceId } = work
  expect(collector.spans).toEqual([{ name: 'crossres.v1.Embedder/Embed', traceId, service: 'embedder' }])
})

it('opens nothing that nobody asked for', async () => {
  const telemetry = await openTelemetry({ metricsPort: 0, tracesEndpoint: undefined }, 'embedder')
  expect(telemetry.tracing.enabled).toBe(false)
  await telemetry.close()
})
