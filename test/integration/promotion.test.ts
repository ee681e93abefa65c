import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedResponse } from '../../gen/crossres/v1/embedder.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import type { Clients } from '../../libs/rpc/client.js'
import { createCli } from '../e2e/cli-process.js'
import { failureOfCall } from '../fixtures/calls.js'
import { cosine } from '../fixtures/cosine.js'
import { content } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'
import { registerTwoVersions } from '../fixtures/two-versions.js'

const MODEL = 'models/base'
const SWITCHES = 10

let dataFolder: string
let stack: TestStack
let face: Buffer
let versions: readonly [string, string]
/** What each version says of the face. */
const references = new Map<string, Float32Array>()

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'crossres-promotion-'))
  versions = await registerTwoVersions(dataFolder)
  face = await sharp(await samplePhotograph(1))
    .resize(150, 150, { fit: 'cover' })
    .png()
    .toBuffer()
  // In a process of its own, so to speak: the server under test must not have the versions in memory already.
  const other = await startStack({ dataFolder, settings: { defaultModel: 'base' } })
  for (const version of versions) references.set(version, vectorOf(await embed(other.clients, version)))
  await other.stop()
  stack = await startStack({ dataFolder, settings: { defaultModel: 'base' } })
})
afterAll(async () => {
  await stack?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

const request = (model: string) => ({ image: content(face), faces: FaceSelection.WHOLE_IMAGE, model })
const embed = ({ embedder }: Clients, model: string) => embedder.embed(request(model))

function vectorOf({ faces }: EmbedResponse): Float32Array {
  const embedding = faces[0]?.embedding
  if (!embedding) throw new Error('the answer holds no embedding')
  return decodeEmbedding(embedding)
}

it('tells the two versions apart', () => {
  const [one, two] = versions.map((version) => references.get(version) as Float32Array) as [Float32Array, Float32Array]
  expect(cosine(one, two)).toBeLessThan(0.999)
  expect(cosine(one, two)).toBeGreaterThan(0.5)
})

it('switches back and forth under load: no call fails, and every answer is of the version that it names', async () => {
  /** How often the model has been switched, and what it certainly stands for since; undefined while it is being switched. */
  let settled: { readonly count: number; readonly version: string } | undefined = { count: 0, version: versions[0] }
  const failures: unknown[] = []
  const wrong: string[] = []
  const answers = new Map<string, number>()
  let ended = false

  const check = (answer: EmbedResponse, begun: typeof settled) => {
    const { modelVersion } = answer
    answers.set(modelVersion, (answers.get(modelVersion) ?? 0) + 1)
    const reference = references.get(modelVersion)
    const similarity = reference ? cosine(vectorOf(answer), reference) : Number.NaN
    if (!(similarity > 0.999999)) wrong.push(`${similarity} to ${modelVersion}`)
    if (answer.faces[0]?.networkVersion !== modelVersion) wrong.push(`network ${answer.faces[0]?.networkVersion}`)
    if (answer.faces[0]?.embedding?.modelVersion !== modelVersion) wrong.push('two versions in one answer')
    // A call that began and ended between two switches.
    if (begun && settled === begun && modelVersion !== begun.version)
      wrong.push(`${modelVersion} after switch ${begun.count}`)
  }
  // A server that is gone would make a caller that goes on fail for ever.
  const goesOn = () => !ended && failures.length === 0
  const unaryCaller = async (model: string) => {
    while (goesOn()) {
      const begun = settled
      await embed(stack.clients, model).then(
        (answer) => check(answer, begun),
        (error) => failures.push(error),
      )
    }
  }
  const streamCaller = async () => {
    const begins: (typeof settled)[] = []
    let answered = 0
    async function* requests() {
      while (goesOn()) {
        // A few at a time: a long queue would only make everybody wait.
        if (begins.length - answered >= 3) await sleep(1)
        else {
          begins.push(settled)
          yield { requestId: String(begins.length), request: request(MODEL) as never }
        }
      }
    }
    for await (const { result } of stack.clients.embedder.embedStream(requests())) {
      if (result?.$case === 'response') check(result.value, begins[answered])
      else failures.push(result)
      answered += 1
    }
  }
  const callers = [
    unaryCaller(MODEL),
    unaryCaller(''),
    unaryCaller('models/default'),
    streamCaller().catch((error) => failures.push(error)),
  ]

  const switchTo = async (count: number) => {
    const [version, expectedVersion] = [versions[count % 2] as string, versions[(count + 1) % 2] as string]
    settled = undefined
    const promoted = await stack.clients.trainer.promoteModel({ version, expectedVersion })
    expect(promoted).toMatchObject({ model: { name: version, production: true }, previousVersion: expectedVersion })
    while (goesOn() && (await embed(stack.clients, MODEL)).modelVersion !== version) {}
    settled = { count, version }
    const seen = answers.get(version) ?? 0
    while (goesOn() && (answers.get(version) ?? 0) < seen + 8) await sleep(1)
  }
  try {
    for (let count = 1; count <= SWITCHES; count++) await switchTo(count)
  } finally {
    ended = true
    await Promise.all(callers)
  }

  expect(failures).toEqual([])
  expect(wrong).toEqual([])
  for (const version of versions) expect(answers.get(version)).toBeGreaterThan(SWITCHES)
}, 240_000)

it('refuses a promotion over one that the caller has not seen, and one of a version that is not there', async () => {
  const [, version] = versions
  const { trainer } = stack.clients
  expect(await failureOfCall(trainer.promoteModel({ version, expectedVersion: version }))).toMatchObject({
    status: 'ABORTED',
    reason: 'MODEL_PRODUCTION_CHANGED',
  })
  expect(await failureOfCall(trainer.promoteModel({ version: `${MODEL}/versions/000000000000` }))).toMatchObject({
    status: 'NOT_FOUND',
    reason: 'MODEL_NOT_FOUND',
  })
  expect((await embed(stack.clients, '')).modelVersion).toBe(versions[0])
})

it('lists the versions of a model, and which of them is in use', async () => {
  const { models } = await stack.clients.embedder.listModels({ parent: MODEL })
  expect(models.map(({ name, production, parentVersion }) => ({ name, production, parentVersion }))).toEqual(
    [
      { name: versions[0], production: true, parentVersion: '' },
      { name: versions[1], production: false, parentVersion: versions[0].split('/').at(-1) },
    ].sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
})

it('is promoted, listed and compared from the command line while the server runs', async () => {
  const cli = createCli({ CROSSRES_DATA: dataFolder, CROSSRES_CACHE: cacheFolder({}) })
  const run = async (...args: string[]) => {
    const { code, stdout, json } = await cli.run(...args, '--json')
    return { code, stdout, document: code === 2 ? undefined : json() }
  }
  const server = ['--address', stack.address]
  const [first, second] = versions
  const stale = await run(...server, 'models', 'promote', second, '--expected', '000000000000')
  expect(stale).toMatchObject({ code: 1, document: { error: { reason: 'MODEL_PRODUCTION_CHANGED' } } })
  expect(await run(...server, 'models', 'promote', 'base')).toMatchObject({ code: 2 })
  const promoted = await run(...server, 'models', 'promote', second, '--expected', first.split('/').at(-1) as string)
  expect(promoted).toMatchObject({ code: 0, document: { name: second, previous: first } })
  const listed = await run(...server, 'models', 'versions', 'base')
  const inUse = listed.document.versions.filter((version: { production: boolean }) => version.production)
  expect(inUse).toMatchObject([{ name: second, parentVersion: first.split('/').at(-1), routing: [] }])

  // The server holds the folder; comparing only reads it.
  const { code, document: diff } = await run('models', 'diff', first, 'base')
  expect(code).toBe(0)
  expect(diff).toMatchObject({
    a: first,
    b: second,
    card: [{ field: 'parentVersion', a: null, b: first.split('/').at(-1) }],
    network: { sameGraph: true, onlyInA: [], onlyInB: [] },
  })
  expect(diff.network.parameters.a).toBe(diff.network.parameters.b)
  // Noise of 0.2, uniform, on each kernel's values: 0.2 / sqrt(3) of its length, less where biases stay.
  expect(diff.network.change).toBeGreaterThan(0.01)
  expect(diff.network.change).toBeLessThan(0.2 / Math.sqrt(3))
  expect(diff.network.weights[0].change).toBeCloseTo(0.2 / Math.sqrt(3), 2)
})
