import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { HealthCheckResponse_ServingStatus as Serving } from 'nice-grpc-server-health/lib/proto/grpc/health/v1/health.js'
import { pino } from 'pino'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedStreamRequest } from '../../gen/crossres/v1/embedder.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { serve } from '../../libs/rpc/serve.js'
import { failureOfCall } from '../fixtures/calls.js'
import { createGatedEmbedder } from '../fixtures/gated-embedder.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { type ServiceProcess, startService } from '../fixtures/service-process.js'

const options = { host: '127.0.0.1', port: 0, logger: pino({ level: 'silent' }) }
const SERVICES = ['embedder', 'downsampler', 'gallery-index', 'trainer', 'evaluator', 'standalone']

let photograph: Buffer
let dataFolder: string
const cleanUp: (() => unknown)[] = []

beforeAll(async () => {
  photograph = await samplePhotograph(1)
  dataFolder = await mkdtemp(join(tmpdir(), 'crossres-life-'))
})
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})
afterAll(() => rm(dataFolder, { recursive: true, force: true }))

const content = (value: Buffer) => ({ source: { $case: 'content' as const, value } })
const photo = () => ({ input: { $case: 'image' as const, value: content(photograph) }, faces: FaceSelection.LARGEST })

function start(name: string, env: Record<string, string> = {}): ServiceProcess {
  const service = startService(name, { CROSSRES_DATA: dataFolder, ...env })
  cleanUp.push(service.kill)
  return service
}

function connect(address: string): Clients {
  const clients = createClients({ address })
  cleanUp.push(clients.close)
  return clients
}

const health = async ({ health }: Clients, service: string) => Serving[(await health.check({ service })).status]

describe('each service alone', () => {
  it('an embedder and a gallery index that calls it', async () => {
    const embedder = start('embedder')
    const embedderAddress = await embedder.serving()
    const embedding = connect(embedderAddress)
    const galleryIndex = start('gallery-index', { CROSSRES_EMBEDDER_ADDRESS: embedderAddress })
    const searching = connect(await galleryIndex.serving())

    expect(await health(embedding, '')).toBe('SERVING')
    expect(await health(embedding, 'crossres.v1.Embedder')).toBe('SERVING')
    expect(await health(searching, 'crossres.v1.GalleryIndex')).toBe('SERVING')
    expect(await failureOfCall(health(embedding, 'crossres.v1.GalleryIndex'))).toMatchObject({ status: 'NOT_FOUND' })
    expect(await failureOfCall(searching.embedder.embed({ image: content(photograph) }))).toMatchObject({
      status: 'UNIMPLEMENTED',
    })

    const gallery = 'galleries/two-processes'
    const enrolled = await searching.galleryIndex.enroll({
      gallery,
      subjectId: 'one',
      faces: [photo()],
      createGallery: true,
    })
    expect(enrolled.subject?.faceCount).toBe(1n)
    const found = await searching.galleryIndex.match({ gallery, probe: [photo()] })
    expect(found.candidates[0]).toMatchObject({ subject: `${gallery}/subjects/one`, rank: 1 })
    expect(found.candidates[0]?.score).toBeGreaterThan(0.9999)
    expect(found.modelVersion).toBe((await embedding.embedder.getModel({})).model?.name)

    // What the embedder says of a picture reaches the index's caller unchanged.
    const noFace = await sharp({ create: { width: 90, height: 90, channels: 3, background: '#888' } })
      .png()
      .toBuffer()
    const blank = { input: { $case: 'image' as const, value: content(noFace) } }
    expect(await failureOfCall(searching.galleryIndex.match({ gallery, probe: [blank] }))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'FACE_NOT_FOUND',
    })

    // Its folder is its own.
    const second = start('gallery-index', { CROSSRES_EMBEDDER_ADDRESS: embedderAddress })
    expect((await second.ended).code).toBe(1)
    expect(second.log).toMatchObject([{ level: 60, reason: 'DATA_FOLDER_IN_USE' }])

    embedder.child.kill('SIGTERM')
    expect(await embedder.ended).toEqual({ code: 0, signal: null })
    expect(await failureOfCall(searching.galleryIndex.match({ gallery, probe: [photo()] }))).toMatchObject({
      status: 'UNAVAILABLE',
    })
    // Embeddings need no embedder.
    const values = Buffer.from(new Float32Array(128).fill(1).buffer)
    const vector = {
      input: { $case: 'embedding' as const, value: { values, dimension: 128, modelVersion: found.modelVersion } },
    }
    expect((await searching.galleryIndex.match({ gallery, probe: [vector] })).candidates).toHaveLength(1)

    galleryIndex.child.kill('SIGTERM')
    expect(await galleryIndex.ended).toEqual({ code: 0, signal: null })
  })

  it('a downsampler', async () => {
    const service = start('downsampler')
    const { downsampler, health: checks } = connect(await service.serving())
    expect((await checks.check({ service: 'crossres.v1.Downsampler' })).status).toBe(Serving.SERVING)
    const { variants } = await downsampler.downsample({ image: content(photograph), resolutions: [8] })
    expect(variants).toMatchObject([{ resolution: 8, degraded: true }])
    service.child.kill('SIGINT')
    expect(await service.ended).toEqual({ code: 0, signal: null })
    expect(service.log.map(({ msg }) => msg)).toEqual(['listening', 'serving', 'stopping'])
  })

  it('a trainer', async () => {
    const service = start('trainer')
    const clients = connect(await service.serving())
    expect(await failureOfCall(clients.trainer.getTraining({ name: 'trainings/x' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'TRAINING_NOT_FOUND',
    })
    // Its folder is its own.
    const second = start('trainer')
    expect((await second.ended).code).toBe(1)
    expect(second.log).toMatchObject([{ level: 60, reason: 'DATA_FOLDER_IN_USE' }])
    service.child.kill('SIGTERM')
    expect(await service.ended).toEqual({ code: 0, signal: null })
  })

  it('an evaluator', async () => {
    const service = start('evaluator')
    const clients = connect(await service.serving())
    expect(await failureOfCall(clients.evaluator.getEvaluation({ name: 'evaluations/x' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'EVALUATION_NOT_FOUND',
    })
    service.child.kill('SIGTERM')
    expect(await service.ended).toEqual({ code: 0, signal: null })
  })
})

describe('the end of a service', () => {
  it('finishes the calls at work, refuses new ones, and ends well', async () => {
    const service = start('embedder')
    const address = await service.serving()
    const clients = connect(address)
    const requests = new PassThrough({ objectMode: true })
    const item = (requestId: string): EmbedStreamRequest => ({
      requestId,
      request: { image: content(photograph), faces: FaceSelection.LARGEST } as never,
    })
    requests.write(item('before'))
    const answers = clients.embedder.embedStream(requests)[Symbol.asyncIterator]()
    expect((await answers.next()).value).toMatchObject({ requestId: 'before', result: { $case: 'response' } })

    service.child.kill('SIGTERM')
    await service.line('stopping')
    expect(await failureOfCall(connect(address).embedder.getModel({}))).toMatchObject({ status: 'UNAVAILABLE' })
    expect(await failureOfCall(clients.embedder.getModel({}))).toMatchObject({ status: 'UNAVAILABLE' })
    requests.end(item('after'))
    expect((await answers.next()).value).toMatchObject({ requestId: 'after', result: { $case: 'response' } })
    expect(await answers.next()).toMatchObject({ done: true })
    expect(await service.ended).toEqual({ code: 0, signal: null })
  })

  it('waits for an enrolment that is being embedded elsewhere', async () => {
    const embedder = await createGatedEmbedder(dataFolder)
    const embedding = await serve(embedder.part, options)
    await embedding.ready
    cleanUp.push(() => embedding.stop(0))
    embedder.reset()
    const service = start('gallery-index', { CROSSRES_EMBEDDER_ADDRESS: embedding.address })
    const { galleryIndex } = connect(await service.serving())
    embedder.network.shut()
    const call = galleryIndex.enroll({
      gallery: 'galleries/last-moment',
      subjectId: 'one',
      faces: [photo()],
      createGallery: true,
    })
    await vi.waitFor(() => expect(embedder.counts.facesRun).toBe(1), { timeout: 20_000 })
    service.child.kill('SIGTERM')
    await service.line('stopping')
    embedder.network.open()
    expect((await call).outcomes).toMatchObject([{ result: { $case: 'enrolled' } }])
    expect(await service.ended).toEqual({ code: 0, signal: null })

    // What was answered is on disk.
    const next = start('gallery-index', { CROSSRES_EMBEDDER_ADDRESS: embedding.address })
    const { subjects } = await connect(await next.serving()).galleryIndex.listSubjects({
      gallery: 'galleries/last-moment',
    })
    expect(subjects).toMatchObject([{ name: 'galleries/last-moment/subjects/one', faceCount: 1n }])
  })

  it('comes at once with a second signal', async () => {
    const service = start('downsampler')
    const clients = connect(await service.serving())
    const requests = new PassThrough({ objectMode: true })
    requests.write({ requestId: 'bad', request: {} })
    const answers = clients.downsampler.downsampleStream(requests)[Symbol.asyncIterator]()
    expect((await answers.next()).value).toMatchObject({ requestId: 'bad', result: { $case: 'error' } })
    service.child.kill('SIGTERM')
    await service.line('stopping')
    service.child.kill('SIGTERM')
    expect(await service.ended).toEqual({ code: 1, signal: null })
    await expect(answers.next()).rejects.toThrow()
  })

  it('comes before everything is warm, too', async () => {
    for (const name of ['embedder', 'standalone']) {
      const service = start(name)
      await service.line('listening')
      service.child.kill('SIGTERM')
      expect(await service.ended).toEqual({ code: 0, signal: null })
    }
  })
})

describe('a service that cannot start says so in one line and ends with 1', () => {
  it.each(SERVICES)('%s', async (name) => {
    const wrong = start(name, { CROSSRES_PORT: '70000' })
    const open = start(name, { CROSSRES_HOST: '0.0.0.0' })
    expect(await wrong.ended).toEqual({ code: 1, signal: null })
    expect(wrong.log).toMatchObject([
      { level: 60, reason: 'ENVIRONMENT_INVALID', msg: expect.stringContaining('CROSSRES_PORT') },
    ])
    expect(await open.ended).toEqual({ code: 1, signal: null })
    expect(open.log).toMatchObject([
      { level: 60, reason: 'ADDRESS_INSECURE', msg: expect.stringContaining('CROSSRES_INSECURE') },
    ])
  })

  it('a taken port, and a model that is not there', async () => {
    const first = start('downsampler')
    const port = (await first.serving()).split(':')[1] as string
    const taken = start('gallery-index', { CROSSRES_PORT: port })
    expect(await taken.ended).toEqual({ code: 1, signal: null })
    expect(taken.log).toMatchObject([{ level: 60, reason: 'ADDRESS_UNAVAILABLE' }])

    const modelless = start('embedder', { CROSSRES_DEFAULT_MODEL: 'nobody' })
    expect(await modelless.ended).toEqual({ code: 1, signal: null })
    expect(modelless.log).toMatchObject([{ msg: 'listening' }, { level: 60, reason: 'MODEL_NOT_FOUND' }])
  })

  it('a gallery index on the folder of a standalone server', async () => {
    const standalone = start('standalone')
    await standalone.serving()
    const second = start('gallery-index')
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.log).toMatchObject([{ level: 60, reason: 'DATA_FOLDER_IN_USE' }])
  })
})
