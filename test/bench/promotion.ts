import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import sharp from 'sharp'
import { JobState } from '../../gen/crossres/v1/common.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { createRandom } from '../../libs/random/random.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { wholeImageOf } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startService } from '../fixtures/service-process.js'
import { registerTwoVersions } from '../fixtures/two-versions.js'
import type { Bench, BenchRow } from './bench-row.js'
import { quantile } from './quantile.js'

const FACES = 5_000
const CALLS_A_SECOND = 20
const PROBES = 200
const GALLERY = 'galleries/staff'
const PHOTOGRAPHS = 6
/** The very picture is enrolled: a cosine below this compares two versions. */
const SAME = 0.9999

/** A model is promoted while a gallery of 5,000 is searched 20 times a second: what fails, what is wrong, how long the switch takes. */
export const bench: Bench = { name: 'promotion', run: benchPromotion }

async function benchPromotion(log: (line: string) => void): Promise<BenchRow[]> {
  const faces = Number(process.env.CROSSRES_BENCH_FACES ?? FACES)
  const dataFolder = await mkdtemp(join(tmpdir(), 'crossres-promotion-'))
  const [, next] = await registerTwoVersions(dataFolder)
  const env = { CROSSRES_DATA: dataFolder, CROSSRES_CACHE: cacheFolder({}), CROSSRES_DEFAULT_MODEL: 'base' }
  const server = startService('standalone', env)
  const clients = createClients({ address: await server.serving() })
  try {
    const picture = await pictureMaker()
    const enrolled = performance.now()
    await enrol(clients, faces, picture)
    log(`${faces} subjects enrolled in ${seconds(enrolled)} s`)

    const probes = await Promise.all(Array.from({ length: Math.min(PROBES, faces) }, (_, i) => picture(i)))
    const load = startLoad(clients, probes)
    await sleep(10_000)
    const calm = load.latencies.length
    const promoted = performance.now()
    await clients.trainer.promoteModel({ version: next })
    const switched = await followed(clients, next, log)
    const took = (switched - promoted) / 1_000
    const during = load.latencies.length
    await sleep(10_000)
    await load.stop()

    const { failures, wrong, versions, latencies } = load
    const old = versions.slice(versions.indexOf(next)).filter((version) => version !== next).length
    log(
      `${latencies.length} calls, ${failures.length} failed, ${wrong} across versions, ${old} by the old version late`,
    )
    for (const failure of failures.slice(0, 3)) log(`failed: ${failure}`)
    const what = `promotion, ${faces} faces, ${CALLS_A_SECOND} Match a second`
    const count = (name: string, ours: number): BenchRow => ({
      ...{ what: `${what}: ${name}`, ours, peer: null, unit: 'calls', ratio: null, bar: '0', pass: ours === 0 },
    })
    const slow = (name: string, times: readonly number[]): BenchRow => ({
      ...{ what: `${what}: 99th percentile ${name}`, ours: quantile(times, 0.99), unit: 'ms' },
      ...{ peer: quantile(latencies.slice(0, calm), 0.99), ratio: null, bar: '', pass: null },
    })
    return [
      count('failed', failures.length),
      count('answered across versions', wrong),
      { what: `${what}: full switch`, ours: took, peer: null, unit: 's', ratio: null, bar: '', pass: null },
      slow('while it switches (peer: before)', latencies.slice(calm, during)),
    ]
  } finally {
    clients.close()
    await server.kill()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

/** @returns a maker of crops of faces that all differ, the same for the same number */
async function pictureMaker(): Promise<(number: number) => Promise<Buffer>> {
  const photographs = await Promise.all(
    Array.from({ length: PHOTOGRAPHS }, async (_, i) =>
      sharp(await samplePhotograph(i + 1))
        .resize(240, 240, { fit: 'cover' })
        .toBuffer(),
    ),
  )
  return (number) => {
    const random = createRandom(BigInt(number))
    return sharp(photographs[number % PHOTOGRAPHS])
      .extract({ left: random.integer(0, 90), top: random.integer(0, 90), width: 150, height: 150 })
      .modulate({ brightness: random.uniform(0.7, 1.3), saturation: random.uniform(0.5, 1.5) })
      .jpeg()
      .toBuffer()
  }
}

async function enrol({ galleryIndex }: Clients, faces: number, picture: (number: number) => Promise<Buffer>) {
  const limit = pLimit(8)
  await galleryIndex.createGallery({ galleryId: 'staff', gallery: {} })
  const one = async (i: number) =>
    galleryIndex.enroll({ gallery: GALLERY, subjectId: `person-${i}`, faces: [wholeImageOf(await picture(i))] })
  await Promise.all(Array.from({ length: faces }, (_, i) => limit(one, i)))
}

/** Calls at a fixed rate, whether earlier ones have been answered or not. */
function startLoad({ galleryIndex }: Clients, probes: readonly Buffer[]) {
  const failures: unknown[] = []
  const versions: string[] = []
  const latencies: number[] = []
  const open = new Set<Promise<void>>()
  let wrong = 0
  let number = 0
  const call = async (probe: Buffer) => {
    const begun = performance.now()
    try {
      const answer = await galleryIndex.match({ gallery: GALLERY, probe: [wholeImageOf(probe)], maxCandidates: 1 })
      versions.push(answer.modelVersion)
      if (!((answer.candidates[0]?.score ?? 0) > SAME)) wrong += 1
    } catch (error) {
      failures.push(error)
    }
    latencies.push(performance.now() - begun)
  }
  const timer = setInterval(() => {
    const called = call(probes[number++ % probes.length] as Buffer)
    open.add(called)
    void called.finally(() => open.delete(called))
  }, 1_000 / CALLS_A_SECOND)
  return {
    failures,
    versions,
    latencies,
    get wrong() {
      return wrong
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}

/** @returns when the gallery answered by the version, by performance.now() */
async function followed({ galleryIndex }: Clients, version: string, log: (line: string) => void): Promise<number> {
  for (let round = 1; ; round++) {
    const { gallery } = await galleryIndex.getGallery({ name: GALLERY })
    if (gallery?.modelVersion === version) return performance.now()
    const { state, done, total, error } = gallery?.reembedding ?? {}
    if (state === JobState.FAILED) throw new Error(`the gallery did not follow: ${error?.message}`)
    if (round % 100 === 0) log(`embedded again: ${done ?? 0} of ${total ?? '?'}`)
    await sleep(100)
  }
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1_000)
