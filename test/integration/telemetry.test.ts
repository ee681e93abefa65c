import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata } from 'nice-grpc'
import { pino } from 'pino'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { readEnvironment } from '../../libs/config/environment.js'
import { onEvent } from '../../libs/events/event-types.js'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { type Served, serve } from '../../libs/rpc/serve.js'
import { createMetrics } from '../../libs/telemetry/metrics.js'
import { observeBus } from '../../libs/telemetry/observe-bus.js'
import { createTelemetry } from '../../libs/telemetry/telemetry.js'
import { startCollector } from '../../libs/telemetry/testing/collector.js'
import { createSpanMemory } from '../../libs/telemetry/testing/span-memory.js'
import { createEmbedder } from '../../services/embedder/create-embedder.js'
import { createGalleryIndex } from '../../services/gallery-index/create-gallery-index.js'
import { failureOfCall } from '../fixtures/calls.js'
import { axes, embeddingInput, largestFaceOf } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startService } from '../fixtures/service-process.js'

const GALLERY = 'galleries/secret-watch-list'
const EMBED = 'crossres.v1.Embedder/Embed'
const MATCH = 'crossres.v1.GalleryIndex/Match'

const memory = createSpanMemory()
const bus = createInProcessEventBus()
/** What a process has of its own; only gRPC and the bus are between two of them. */
const createProcess = () => {
  const lines: string[] = []
  const [metrics, tracing] = [createMetrics(), memory.process()]
  return {
    metrics,
    tracing,
    telemetry: createTelemetry({ metrics, tracing }),
    lines,
    logger: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    /** Its log's lines on a method. */
    calls: (method: string) => lines.map((line) => JSON.parse(line)).filter((line) => line.method === `/${method}`),
  }
}
const [caller, index, embedder, listener] = [createProcess(), createProcess(), createProcess(), createProcess()]

/** However slow the machine is just now. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 20 })

let folder: string
let photographs: Buffer[]
const served: Served[] = []
const connections: Clients[] = []
let client: Clients

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-telemetry-'))
  photographs = await Promise.all([1, 2].map(samplePhotograph))
  const objects = await openObjectStore({ kind: 'folder', folder: join(folder, 'objects') })
  const settings = {
    ...readEnvironment({}).settings,
    imageThreads: 1,
    threads: 1,
    defaultModel: 'base',
    maxBatchSize: 2,
  }
  const start = async (part: Parameters<typeof serve>[0], { logger, telemetry }: typeof index) => {
    const one = await serve(part, { host: '127.0.0.1', port: 0, logger, telemetry })
    served.unshift(one)
    await one.ready
    return one.address
  }
  const connect = (address: string, { tracing }: typeof index) => {
    const clients = createClients({ address, tracing })
    connections.push(clients)
    return clients
  }
  const { telemetry, logger } = embedder
  const part = createEmbedder({ objects, cacheFolder: cacheFolder({}), logger, telemetry }, settings)
  const { embedder: remote } = connect(await start(part, embedder), index)
  const galleryIndex = await createGalleryIndex({
    folder: join(folder, 'galleries'),
    objects,
    callEmbedder: (request, signal) => remote.embed(request, { signal }),
    getModel: (request) => remote.getModel(request),
    events: observeBus(bus, index.telemetry),
    logger: index.logger,
    telemetry: index.telemetry,
    settings,
  })
  client = connect(await start(galleryIndex, index), caller)
  const faces = [largestFaceOf(photographs[0] as Buffer)]
  await client.galleryIndex.enroll({ gallery: GALLERY, subjectId: 'ann', faces, createGallery: true })
})
beforeEach(() => memory.forget())
afterAll(async () => {
  for (const connection of connections) connection.close()
  for (const one of served) await one.stop(2_000)
  await bus.close()
  await rm(folder, { recursive: true, force: true })
})

const match = (
  options = {},
  probe: Omit<ReturnType<typeof largestFaceOf>, 'faces'> & { faces: FaceSelection } = largestFaceOf(
    photographs[1] as Buffer,
  ),
) => client.galleryIndex.match({ gallery: GALLERY, probe: [probe] }, options)

/** What was traced, but for questions about models: the index asks them by itself from time to time. */
const spansOfCalls = () => memory.spans().filter(({ name }) => !name.endsWith('/GetModel'))

/** Runs a call as a part of traced work of the caller. @returns the trace's id */
async function asWork(call: () => Promise<unknown>): Promise<string> {
  const work = caller.tracing.begin('probe')
  await work.within(call)
  work.end()
  return work.traceId as string
}

describe('a trace', () => {
  it('follows a probe from its caller through both services into the stages', async () => {
    const traceId = await asWork(() => match())
    const toIndex = [MATCH, MATCH, 'probe']
    const toEmbedder = [EMBED, EMBED, 'call_embedder', ...toIndex]
    await eventually(() => expect(memory.pathOf('decode')).toEqual(['decode', 'faces', ...toEmbedder]))
    expect(memory.pathOf('detect')).toEqual(['detect', 'faces', ...toEmbedder])
    for (const stage of ['read', 'embed']) expect(memory.pathOf(stage)).toEqual([stage, ...toEmbedder])
    expect(memory.pathOf('search')).toEqual(['search', ...toIndex])
    expect(new Set(spansOfCalls().map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]))
  })

  it('has the calls of one caller apart, and none of health', async () => {
    await client.health.check({ service: '' })
    expect(spansOfCalls()).toEqual([])
    const small = await sharp(photographs[1]).resize(112, 112, { fit: 'cover' }).png().toBuffer()
    const matchSmall = () => match({}, { ...largestFaceOf(small), faces: FaceSelection.WHOLE_IMAGE })
    const traces = await Promise.all([asWork(matchSmall), asWork(matchSmall), matchSmall()])
    const names = (traceId: string) =>
      spansOfCalls()
        .filter((span) => span.spanContext().traceId === traceId)
        .map(({ name }) => name)
        .sort()
    await eventually(() => expect(new Set(spansOfCalls().map((span) => span.spanContext().traceId)).size).toBe(3))
    await eventually(() => expect(names(traces[0])).toContain('decode'))
    await eventually(() => expect(names(traces[1])).toEqual(names(traces[0])))
    expect(names(traces[0]).filter((name) => name === 'decode')).toHaveLength(1)
  })

  it('goes on with an event', async () => {
    const heard = vi.fn(async () => {})
    const observed = observeBus(bus, listener.telemetry)
    const subscription = await onEvent(observed, 'subject.enrolled', 'listener', heard)
    const traceId = await asWork(() =>
      client.galleryIndex.enroll({
        gallery: GALLERY,
        subjectId: 'bob',
        faces: [largestFaceOf(photographs[1] as Buffer)],
      }),
    )
    const event = 'crossres.v1.subject.enrolled'
    const enroll = 'crossres.v1.GalleryIndex/Enroll'
    await eventually(() =>
      expect(memory.pathOf(`handle ${event}`)).toEqual([
        `handle ${event}`,
        `publish ${event}`,
        enroll,
        enroll,
        'probe',
      ]),
    )
    const handled = memory.spans().find(({ name }) => name === `handle ${event}`)
    expect(handled?.spanContext().traceId).toBe(traceId)
    expect(heard).toHaveBeenCalledOnce()
    await subscription.close()
  })

  it('tells of failed and of cancelled calls, without their messages', async () => {
    await failureOfCall(asWork(() => client.galleryIndex.match({ gallery: 'galleries/nobody-knows', probe: [] })))
    const stop = new AbortController()
    const cancelled = failureOfCall(asWork(() => match({ signal: stop.signal })))
    stop.abort()
    await cancelled
    await eventually(() => {
      const failures = memory.spans().map(({ attributes }) => attributes['error.type'])
      expect(failures).toEqual(expect.arrayContaining(['NOT_FOUND', 'CANCELLED']))
    })
    const text = JSON.stringify(
      memory.spans().map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    )
    expect(text).not.toMatch(/nobody-knows|secret-watch-list|ann/)
  })
})

describe('the log', () => {
  it('names a call by its request and its trace, in every service that it comes to', async () => {
    const metadata = Metadata({ 'x-request-id': 'probe-17' })
    let answered: string | undefined
    const onTrailer = (trailer: Metadata) => {
      answered = trailer.get('x-request-id')
    }
    const traceId = await asWork(() => match({ metadata, onTrailer }))
    expect(answered).toBe('probe-17')
    for (const [process, method] of [
      [index, MATCH],
      [embedder, EMBED],
    ] as const) {
      await eventually(() => expect(process.calls(method).at(-1)).toMatchObject({ requestId: 'probe-17', traceId }))
    }
  })

  it('gives a request an id where it has none, or none that fits into a line', async () => {
    const ids: (string | undefined)[] = []
    const onTrailer = (trailer: Metadata) => ids.push(trailer.get('x-request-id'))
    await match({ onTrailer })
    await match({ onTrailer, metadata: Metadata({ 'x-request-id': 'two words' }) })
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    expect(new Set(ids).size).toBe(2)
  })

  it('has nothing of pictures and embeddings in it, at the finest level and of calls that fail', async () => {
    const photograph = photographs[0] as Buffer
    const vector = axes(3, 5, 7, 11).map((value, i) => value + i / 1_000)
    const { modelVersion } = await match()
    const cut = largestFaceOf(photograph.subarray(0, photograph.length / 2))
    const enroll = (input: ReturnType<typeof largestFaceOf> | ReturnType<typeof embeddingInput>) =>
      client.galleryIndex.enroll({ gallery: GALLERY, subjectId: 'cid', faces: [input] })
    await enroll(embeddingInput(vector, modelVersion))
    expect(await failureOfCall(enroll(cut))).toMatchObject({ reason: 'IMAGE_CORRUPT' })
    expect(await failureOfCall(enroll(embeddingInput(vector, 'models/base/versions/other')))).toMatchObject({
      status: 'FAILED_PRECONDITION',
    })
    const text = [...index.lines, ...embedder.lines].join('')
    expect(index.calls('crossres.v1.GalleryIndex/Enroll').length).toBeGreaterThan(2)
    const values = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
    for (const secret of [photograph.subarray(0, 24), photograph.subarray(600, 624), values.subarray(12, 36)]) {
      const numbers = [...secret.subarray(0, 6)].join(',')
      // Base64 of a part of a longer text depends on where it begins.
      const base64 = [0, 1, 2].map((from) => secret.subarray(from, from + 18).toString('base64'))
      for (const form of [numbers, secret.toString('hex'), ...base64]) expect(text).not.toContain(form)
    }
    expect(text).not.toContain(String(vector[3]).slice(0, 8))
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(4_000)
  })
})

it('measures calls, stages, batches, scores and what is enrolled, without a name of anybody', async () => {
  await match()
  await failureOfCall(client.galleryIndex.match({ gallery: 'galleries/nobody-knows', probe: [] }))
  const [ofIndex, ofEmbedder] = [await index.metrics.text(), await embedder.metrics.text()]
  expect(ofIndex).toMatch(new RegExp(`^crossres_calls_total\\{method="${MATCH}",code="OK"\\} [1-9]`, 'm'))
  expect(ofIndex).toMatch(new RegExp(`^crossres_calls_total\\{method="${MATCH}",code="NOT_FOUND"\\} [1-9]`, 'm'))
  expect(ofIndex).toMatch(/^crossres_stage_seconds_count\{stage="search"\} [1-9]/m)
  expect(ofIndex).toMatch(/^crossres_scores_count\{call="match",band="full"\} [1-9]/m)
  expect(ofIndex).toMatch(/^crossres_decisions_total\{call="match",band="full",decision="\w+"\} [1-9]/m)
  expect(ofIndex).toMatch(/^crossres_galleries 1$/m)
  expect(ofIndex).toMatch(/^crossres_index_subjects [1-3]$/m)
  expect(ofIndex).not.toMatch(/^crossres_queue_depth/m)
  for (const stage of ['read', 'faces', 'decode', 'detect', 'embed', 'network']) {
    expect(ofEmbedder).toMatch(new RegExp(`^crossres_stage_seconds_count\\{stage="${stage}"\\} [1-9]`, 'm'))
  }
  expect(ofEmbedder).toMatch(/^crossres_batch_size_count [1-9]/m)
  expect(ofEmbedder).toMatch(/^crossres_queue_depth 0$/m)
  expect(ofEmbedder).toMatch(/^crossres_calls_held 0$/m)
  expect(ofIndex + ofEmbedder).not.toMatch(/secret-watch-list|nobody-knows|"ann"|"bob"/)
})

it('is of a process what its environment asks for', async () => {
  const collector = await startCollector()
  const port = await freePort()
  const process = startService('downsampler', {
    CROSSRES_DATA: join(folder, 'process'),
    CROSSRES_LOG_LEVEL: 'debug',
    CROSSRES_METRICS_PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  })
  const { downsampler, close } = createClients({ address: await process.serving() })
  const method = 'crossres.v1.Downsampler/ListDatasets'
  await downsampler.listDatasets({})
  close()
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toMatch(new RegExp(`^crossres_calls_total\\{method="${method}",code="OK"\\} 1$`, 'm'))
  expect(text).toMatch(/^process_cpu_seconds_total /m)
  process.child.kill('SIGTERM')
  expect(await process.ended).toMatchObject({ code: 0 })
  const [span] = collector.spans
  expect(collector.spans).toMatchObject([{ name: method, service: 'downsampler' }])
  expect(process.log.find(({ msg }) => msg === 'call ended')).toMatchObject({ traceId: span?.traceId })
  await collector.close()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const closed = once(server, 'close')
  server.close()
  await closed
  return port
}
