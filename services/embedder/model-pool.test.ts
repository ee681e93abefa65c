import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { smallModel } from '../../libs/models/testing/small-model.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { createModelPool, type ModelPool, type ModelPoolOptions } from './model-pool.js'
import { createNetworks } from './networks.js'

const HOUR = 3_600_000

let folder: string
let registry: ModelRegistry
let pool: ModelPool | undefined
/** What happened to networks: `+seed` loaded, `-seed` closed, and what the pool logged. */
let log: string[]
/** Loading waits for it. */
let gate: Promise<void>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-pool-'))
  registry = createModelRegistry({ objects: await createFolderObjectStore({ folder }) })
  log = []
  gate = Promise.resolve()
})
afterEach(async () => {
  await pool?.close()
  pool = undefined
  await rm(folder, { recursive: true })
})

const put = async (seed: number, name = 'net', changes = {}) => {
  const { onnx, card } = smallModel(seed, { origin: String(seed), ...changes })
  return versionName(name, await registry.put(name, onnx, card))
}
const promote = (resource: string) => {
  const [, name, , version] = resource.split('/') as [string, string, string, string]
  return registry.promote(name, version)
}

const networks = createNetworks('onnxruntime', 1)

/** A pool of real networks in threads of their own. */
function createPool(options: Partial<ModelPoolOptions> = {}): ModelPool {
  pool = createModelPool({
    registry,
    defaultModel: 'net',
    maxBatchSize: 2,
    maxQueueDelayMs: 0,
    maxQueueSize: 10,
    nameTtlMs: HOUR,
    createNetwork(onnx, card) {
      const network = networks.create(onnx, card)
      log.push(`+${card.origin}`)
      return {
        async run(chips) {
          await gate
          return network.run(chips)
        },
        close() {
          log.push(`-${card.origin}`)
          return network.close()
        },
      }
    },
    logger: {
      info: (...[, text]: unknown[]) => log.push(String(text)),
      error: (...[, text]: unknown[]) => log.push(String(text)),
    },
    ...options,
  })
  return pool
}

const SWITCHED = 'switched to another version of the model'
const REFUSED = 'the version promoted could not be loaded, the old one goes on'
const chip = () => ({ width: 8, height: 8, data: new Uint8Array(192).map((_, i) => i) })

/** A whole call: which version answers, with which network, and with what. */
async function call(models: ModelPool, name: string, resolution = 8) {
  const model = await models.get(name)
  try {
    const { vector, networkVersion } = await model.embed({ chip: chip(), resolution })
    return { version: model.versionName, network: networkVersion, vector: [...vector] }
  } finally {
    model.release()
  }
}

describe('a promotion', () => {
  it('is switched to when the new version is warm; until then the old one answers', async () => {
    const [one, two] = [await put(1), await put(2)]
    const models = createPool()
    const before = await call(models, 'models/net')
    expect(before.version).toBe(one)

    await promote(two)
    expect(await call(models, 'models/net')).toEqual(before)
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    const switching = models.promoted('net')
    await vi.waitFor(() => expect(log).toContain('+2'))
    // The old network waits at the same gate: what tells is which one a call gets.
    const during = await models.get('models/net')
    expect(during.versionName).toBe(one)
    during.release()
    open()
    await switching

    const after = await call(models, 'models/net')
    expect(after.version).toBe(two)
    expect(after.vector).not.toEqual(before.vector)
    expect(log).toEqual(['+1', '+2', SWITCHED, '-1'])
  })

  it('leaves calls at work on the old version, which closes after the last of them', async () => {
    const [one, two] = [await put(1), await put(2)]
    const models = createPool()
    const first = await models.get('')
    const second = await models.get('models/default')
    await promote(two)
    await models.promoted('net')
    expect((await call(models, '')).version).toBe(two)
    first.release()
    first.release()
    expect(log).not.toContain('-1')
    expect(second.versionName).toBe(one)
    expect((await second.embed({ chip: chip(), resolution: 8 })).networkVersion).toBe(one)
    second.release()
    await vi.waitFor(() => expect(log).toContain('-1'))
  })

  it('back and forth ends on what was promoted last', async () => {
    const versions = [await put(1), await put(2)]
    const models = createPool()
    await call(models, '')
    const switching: Promise<void>[] = []
    for (let i = 1; i <= 7; i++) {
      await promote(versions[i % 2] as string)
      switching.push(models.promoted('net'))
    }
    await Promise.all(switching)
    expect((await call(models, '')).version).toBe(versions[1])
    await models.close()
    expect(log.filter((line) => line === '+1').length).toBe(log.filter((line) => line === '-1').length)
    expect(log.filter((line) => line === '+2').length).toBe(log.filter((line) => line === '-2').length)
  })

  it('nobody told of is seen after the time to live of a name', async () => {
    const [, two] = [await put(1), await put(2)]
    const models = createPool({ nameTtlMs: 20 })
    await call(models, '')
    await promote(two)
    await vi.waitFor(async () => expect((await call(models, '')).version).toBe(two), { timeout: 10_000 })
  })

  it('of a version that does not load leaves the old one, until the next promotion', async () => {
    const one = await put(1)
    const { onnx, card } = smallModel(2, { origin: '2', outputName: 'nothing' })
    const broken = versionName('net', await registry.put('net', onnx, card))
    const models = createPool({ nameTtlMs: 0 })
    await call(models, '')
    await promote(broken)
    await models.promoted('net')
    expect((await call(models, '')).version).toBe(one)
    // Calls go on asking the registry, but a version that did not load is not tried for each of them.
    for (let i = 0; i < 5; i++) {
      expect((await call(models, '')).version).toBe(one)
      await sleep(5)
    }
    expect(log).toEqual(['+1', '+2', '-2', REFUSED])

    await registry.put('net', onnx, { ...card, outputName: 'feature' })
    await models.promoted('net')
    expect((await call(models, '')).version).toBe(broken)
    await vi.waitFor(() => expect(log.slice(4)).toEqual(['+2', SWITCHED, '-1']))
  })

  it('of a model that is not in memory loads nothing', async () => {
    await put(1)
    const models = createPool()
    await models.promoted('net')
    expect(log).toEqual([])
  })
})

describe('a version asked for by itself', () => {
  it('shares the network that a name stands for, and keeps it when the name moves on', async () => {
    const [one, two] = [await put(1), await put(2)]
    const models = createPool()
    await call(models, '')
    await call(models, one)
    await promote(two)
    await models.promoted('net')
    expect(await call(models, one)).toMatchObject({ version: one, network: one })
    expect(log).toEqual(['+1', '+2', SWITCHED])
  })

  it('leaves memory when nobody asks for it any more', async () => {
    const [, two] = [await put(1), await put(2)]
    const models = createPool({ keepVersionMs: 30 })
    await call(models, '')
    await call(models, two)
    await vi.waitFor(() => expect(log).toEqual(['+1', '+2', '-2']))
    expect((await call(models, two)).version).toBe(two)
  })
})

it('closes what it was loading, and loads nothing afterwards', async () => {
  await put(1)
  const models = createPool()
  const loading = call(models, '').catch(() => {})
  await vi.waitFor(() => expect(log).toEqual(['+1']))
  await models.close()
  await loading
  expect(log).toEqual(['+1', '-1'])
  await expect(models.get('')).rejects.toThrow('closed')
})

describe('routing', () => {
  it('runs the network of the face’s band under the version asked for', async () => {
    const student = await put(2, 'student')
    const version = student.split('/').at(-1) as string
    const one = await put(1, 'net', { routing: [{ from: 0, below: 64, model: 'student', version }] })
    const models = createPool()
    const [high, low] = [await call(models, one, 64), await call(models, one, 63)]
    expect([high.version, low.version]).toEqual([one, one])
    expect([high.network, low.network]).toEqual([one, student])
    expect(low.vector).toEqual((await call(models, student, 64)).vector)
    expect(low.vector).not.toEqual(high.vector)
    expect(log).toEqual(['+1', '+2'])
  })

  it('follows a card that gets other routes under the same version', async () => {
    const one = await put(1)
    const version = (await put(2, 'student')).split('/').at(-1) as string
    const models = createPool()
    expect((await call(models, '', 8)).network).toBe(one)
    await put(1, 'net', { routing: [{ from: 0, below: 64, model: 'student', version }] })
    await models.promoted('net')
    expect((await call(models, '', 8)).network).toBe(versionName('student', version))
    expect(log).toEqual(['+1', '+2', SWITCHED])
  })

  it('refuses a network of another space, and a version that is not there; then nothing stays in memory', async () => {
    const { onnx, card } = smallModel(2)
    const bgr = await registry.put('bgr', onnx, { ...card, input: { ...card.input, colourOrder: 'BGR' } })
    await put(1, 'net', { routing: [{ from: 0, below: 64, model: 'bgr', version: bgr }] })
    const models = createPool()
    await expect(call(models, '')).rejects.toMatchObject({ reason: 'MODEL_ROUTING_INVALID' })
    await expect(call(models, 'models/none')).rejects.toMatchObject({ reason: 'MODEL_NOT_FOUND' })
    expect(log).toEqual([])
    await put(1, 'net', {})
    expect((await call(models, '')).network).toContain('models/net')
  })
})
