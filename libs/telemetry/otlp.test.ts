import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { openTelemetry } from './open-telemetry.js'
import { openOtlpTracer } from './otlp.js'
import { createTracing } from './tracing.js'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0)) await undo()
})

/** As much of a collector as takes spans. */
async function startCollector() {
  const received: { path: string; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    received.push({ path: request.url ?? '', body })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUp.push(() => server.close())
  return { received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

it('sends what was traced to the collector, at the end at the latest', async () => {
  const { received, endpoint } = await startCollector()
  const { tracer, close } = await openOtlpTracer(endpoint, 'embedder')
  const work = createTracing(tracer).begin('crossres.v1.Embedder/Embed', { kind: 'server' })
  work.end()
  await close()
  expect(received.map(({ path }) => path)).toEqual(['/v1/traces'])
  const [{ resource, scopeSpans }] = JSON.parse(received[0]?.body ?? '').resourceSpans
  expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'embedder' } })
  expect(scopeSpans[0].spans).toMatchObject([{ name: 'crossres.v1.Embedder/Embed', traceId: work.traceId }])
})

it('opens nothing that nobody asked for', async () => {
  const telemetry = await openTelemetry({ metricsPort: 0, tracesEndpoint: undefined }, 'embedder')
  expect(telemetry.tracing.enabled).toBe(false)
  await telemetry.close()
})
