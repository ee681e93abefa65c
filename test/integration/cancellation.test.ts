import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { readEnvironment } from '../../libs/config/environment.js'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { encodePng } from '../../libs/image/encode.js'
import { openObjectStore } from '../../libs/objects/open-object-store.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { type Served, serve } from '../../libs/rpc/serve.js'
import { createGalleryIndex } from '../../services/gallery-index/create-gallery-index.js'
import { collect, failureOfCall } from '../fixtures/calls.js'
import { createGatedEmbedder } from '../fixtures/gated-embedder.js'

let folder: string
let embedder: Awaited<ReturnType<typeof createGatedEmbedder>>
let served: Served
let galleryIndex: Served
let clients: Clients
let searching: Clients

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-cancel-'))
  embedder = await createGatedEmbedder(folder)
  const options = { host: '127.0.0.1', port: 0, logger: pino({ level: 'silent' }) }
  served = await serve(embedder.part, options)
  await served.ready
  clients = createClients({ address: served.address })
  // As two processes would: a cancelled search must reach the embedder through gRPC.
  const part = await createGalleryIndex({
    folder: join(folder, 'galleries'),
    objects: await openObjectStore({ kind: 'folder', folder: join(folder, 'objects') }, 'gallery-index'),
    callEmbedder: (request, signal) => clients.embedder.embed(request, { signal }),
    getModel: (request) => clients.embedder.getModel(request),
    settings: readEnvironment({}).settings,
    events: createInProcessEventBus(),
  })
  galleryIndex = await serve(part, options)
  await galleryIndex.ready
  searching = createClients({ address: galleryIndex.address })
})
beforeEach(() => embedder.reset())
afterEach(async () => {
  embedder.network.open()
  embedder.pictures.open()
  // Nothing of a test may be left, however it ended.
  await becomes(() => embedder.admission.calls, 0)
})
afterAll(async () => {
  searching.close()
  clients.close()
  await galleryIndex.stop(2_000)
  await served.stop(2_000)
  await rm(folder, { recursive: true, force: true })
})

const becomes = (value: () => number, expected: number) =>
  vi.waitFor(() => expect(value()).toBe(expected), { timeout: 20_000, interval: 5 })

/** A small picture of one colour, each its own. */
const picture = async (shade: number) => ({
  source: {
    $case: 'content' as const,
    value: Buffer.from(await encodePng({ width: 8, height: 8, data: new Uint8Array(192).fill(shade) })),
  },
})
const request = async (shade: number) => ({ image: await picture(shade), faces: FaceSelection.WHOLE_IMAGE })
const embed = async (shade: number, options: { signal?: AbortSignal; deadline?: number } = {}) =>
  clients.embedder.embed(await request(shade), options)

/** Occupies the network with one face: whatever comes after it waits until the gate opens. */
async function occupy() {
  embedder.network.shut()
  const ended = embed(255).then(
    () => 'answered',
    () => 'failed',
  )
  await becomes(() => embedder.counts.facesRun, 1)
  return { ended }
}

describe('faces that nobody waits for any more', () => {
  it('never reach the network, and those of the other callers do', async () => {
    const occupant = await occupy()
    const half = new AbortController()
    setMaxListeners(0, half.signal)
    const calls = Array.from({ length: 40 }, (_, i) =>
      embed(i, i % 2 ? { signal: half.signal } : {}).then(
        (answer) => answer.faces.length,
        () => 'cancelled' as const,
      ),
    )
    await becomes(() => embedder.counts.facesSubmitted, 41)
    half.abort()
    await becomes(() => embedder.admission.calls, 21)
    embedder.network.open()
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 40 }, (_, i) => (i % 2 ? 'cancelled' : 1)))
    expect(await occupant.ended).toBe('answered')
    expect(embedder.counts.facesRun).toBe(21)
  })

  it('are dropped at their deadline, too', async () => {
    const occupant = await occupy()
    const late = Array.from({ length: 10 }, (_, i) => failureOfCall(embed(i, { deadline: 400 })))
    for (const failure of await Promise.all(late)) expect(failure.status).toBe('DEADLINE_EXCEEDED')
    await becomes(() => embedder.admission.calls, 1)
    embedder.network.open()
    expect(await occupant.ended).toBe('answered')
    await embed(0)
    expect(embedder.counts.facesRun).toBe(2)
  })

  it('are not even read where their picture was still waiting', async () => {
    embedder.pictures.shut()
    const cancelled = new AbortController()
    setMaxListeners(0, cancelled.signal)
    const calls = Array.from({ length: 20 }, (_, i) => failureOfCall(embed(i, { signal: cancelled.signal })))
    const kept = embed(100)
    await becomes(() => embedder.counts.picturesAsked, 21)
    cancelled.abort()
    await Promise.allSettled(calls)
    // The server hears of it a moment after the callers; a further round trip comes behind it on the same connection.
    await clients.embedder.getModel({})
    embedder.pictures.open()
    expect((await kept).faces).toHaveLength(1)
    await becomes(() => embedder.admission.calls, 0)
    expect(embedder.counts).toMatchObject({ picturesRead: 1, facesSubmitted: 1, facesRun: 1 })
  })
})

describe('a client that vanishes in the middle of a stream', () => {
  it('leaves nothing behind, and the server serves on', async () => {
    const sockets = new Set<Socket>()
    const [host, port] = served.address.split(':') as [string, string]
    const wire = createServer((near) => {
      const far = connectSocket(Number(port), host)
      for (const socket of [near, far]) sockets.add(socket.on('error', () => {}))
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
    const { port: wirePort } = wire.address() as { port: number }
    const vanishing = createClients({ address: `127.0.0.1:${wirePort}` })

    const occupant = await occupy()
    const requests = new PassThrough({ objectMode: true, highWaterMark: 1_000 })
    for (let i = 0; i < 100; i++) requests.write({ requestId: String(i), request: await request(i) })
    const stream = failureOfCall(collect(vanishing.embedder.embedStream(requests)))
    // As many as a stream may have at work at once; the others are not taken in.
    await becomes(() => embedder.counts.facesSubmitted, 1 + 32)
    // It must not come back: clients try again what got no answer.
    wire.close()
    for (const socket of sockets) socket.destroy()

    await becomes(() => embedder.admission.calls, 1)
    expect((await stream).status).toMatch(/UNAVAILABLE|INTERNAL|CANCELLED/)
    embedder.network.open()
    expect(await occupant.ended).toBe('answered')
    expect((await embed(7)).faces).toHaveLength(1)
    expect(embedder.counts).toMatchObject({ facesSubmitted: 34, facesRun: 2 })
    vanishing.close()
  })
})

describe('an enrolment that is given up', () => {
  const face = async (shade: number) => ({
    input: { $case: 'image' as const, value: await picture(shade) },
    faces: FaceSelection.WHOLE_IMAGE,
  })
  const enrol = async (subjectId: string, options: { signal?: AbortSignal; deadline?: number } = {}) =>
    searching.galleryIndex.enroll(
      {
        gallery: 'galleries/given-up',
        subjectId,
        faces: [await face(10), await face(20)],
        createGallery: true,
      },
      options,
    )

  it('stores nothing and frees the embedder behind the index', async () => {
    await enrol('kept')
    embedder.reset()
    const occupant = await occupy()
    const cancelled = new AbortController()
    const cancelledCall = failureOfCall(enrol('cancelled', { signal: cancelled.signal }))
    const lateCall = failureOfCall(enrol('late', { deadline: 2_000 }))
    await becomes(() => embedder.counts.facesSubmitted, 5)
    cancelled.abort()
    await cancelledCall
    expect(await lateCall).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
    await becomes(() => embedder.admission.calls, 1)
    embedder.network.open()
    expect(await occupant.ended).toBe('answered')
    expect(embedder.counts.facesRun).toBe(1)

    const { subjects } = await searching.galleryIndex.listSubjects({ gallery: 'galleries/given-up' })
    expect(subjects.map(({ name }) => name)).toEqual(['galleries/given-up/subjects/kept'])
    expect((await enrol('cancelled')).subject?.faceCount).toBe(2n)
  })
})
