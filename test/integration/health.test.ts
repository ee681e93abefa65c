import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { HealthCheckResponse_ServingStatus as Serving } from 'nice-grpc-server-health/lib/proto/grpc/health/v1/health.js'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readEnvironment } from '../../libs/config/environment.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { type Servable, serve } from '../../libs/rpc/serve.js'
import { createDownsampler } from '../../services/downsampler/create-downsampler.js'
import { collect, failureOfCall } from '../fixtures/calls.js'

const options = { host: '127.0.0.1', port: 0, logger: pino({ level: 'silent' }) }
let dataFolder: string
const cleanUp: (() => unknown)[] = []

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'crossres-health-'))
})
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})
afterAll(() => rm(dataFolder, { recursive: true, force: true }))

function connect(address: string): Clients {
  const clients = createClients({ address })
  cleanUp.push(clients.close)
  return clients
}

const downsampler = async () =>
  createDownsampler(
    {
      objects: await createFolderObjectStore({ folder: join(dataFolder, 'objects') }),
      cacheFolder: dataFolder,
    },
    readEnvironment({}).settings,
  )

const health = async ({ health }: Clients, service: string) => Serving[(await health.check({ service })).status]

describe('health', () => {
  /** A served part whose warmth the test decides about. */
  const serveCold = async () => {
    let warm = () => {}
    let fail = (_: Error) => {}
    let closed = 0
    const part: Servable = {
      services: (await downsampler()).services,
      warm: () =>
        new Promise((resolve, reject) => {
          warm = resolve
          fail = reject
        }),
      close: async () => {
        closed += 1
      },
    }
    const served = await serve(part, options)
    return {
      served,
      clients: connect(served.address),
      warm: () => warm(),
      fail: (e: Error) => fail(e),
      closed: () => closed,
    }
  }

  it('says NOT_SERVING until everything is warm, SERVING after it', async () => {
    const { served, clients, warm, closed } = await serveCold()
    for (const name of ['', 'crossres.v1.Downsampler']) expect(await health(clients, name)).toBe('NOT_SERVING')
    expect(await failureOfCall(health(clients, 'crossres.v1.Nobody'))).toMatchObject({ status: 'NOT_FOUND' })
    warm()
    await served.ready
    for (const name of ['', 'crossres.v1.Downsampler']) expect(await health(clients, name)).toBe('SERVING')
    await Promise.all([served.stop(), served.stop()])
    expect(closed()).toBe(1)
  })

  it('stays NOT_SERVING where warming fails', async () => {
    const { served, clients, fail } = await serveCold()
    fail(new Error('no network'))
    await expect(served.ready).rejects.toThrow('no network')
    expect(await health(clients, '')).toBe('NOT_SERVING')
    await served.stop()
  })

  it('tells whoever watches, and a watch does not keep a stopping server', async () => {
    const { served, clients, warm } = await serveCold()
    const seen = clients.health.watch({ service: 'crossres.v1.Downsampler' })[Symbol.asyncIterator]()
    expect((await seen.next()).value).toEqual({ status: Serving.NOT_SERVING })
    warm()
    expect((await seen.next()).value).toEqual({ status: Serving.SERVING })
    const rest = failureOfCall(collect({ [Symbol.asyncIterator]: () => seen }))
    // The grace time is far longer than this test may take.
    await served.stop(3_600_000)
    expect(await rest).toMatchObject({ status: 'UNAVAILABLE' })
  })

  it('ends what outlasts the grace time', async () => {
    const served = await serve(await downsampler(), options)
    await served.ready
    const requests = new PassThrough({ objectMode: true })
    requests.write({ requestId: 'bad', request: {} })
    const answers = connect(served.address).downsampler.downsampleStream(requests)[Symbol.asyncIterator]()
    expect((await answers.next()).value).toMatchObject({ requestId: 'bad' })
    await served.stop(100)
    expect(await failureOfCall(answers.next())).toMatchObject({
      status: expect.stringMatching(/UNAVAILABLE|CANCELLED/),
    })
  })
})
