import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { DeepPartial, EmbedStreamRequest } from '../../gen/crossres/v1/embedder.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { startServerProcess } from '../fixtures/server-process.js'
import type { Bench, BenchRow } from './bench-row.js'
import { quantile } from './quantile.js'

const SIDE = 150
const CALLERS = 16
const ROUNDS = 5
const ROUND_MS = 4_000
const BATCH_SIZES = [1, 2, 4, 8, 16, 32]
const LATENCY_CALLS = 400
const MEMORY_CALLS = 20_000

/** The default model over gRPC, beside ONNX Runtime in a bare loop on the same cores. */
export const bench: Bench = {
  name: 'embed',
  async run(log) {
    const dataFolder = await mkdtemp(join(tmpdir(), 'crossres-bench-'))
    const { recognition } = await importFaceApi({
      packageFolder: faceApiFolder(),
      cacheFolder: join(cacheFolder({}), 'face-api'),
    })
    const bare = await bareLoop(recognition)
    const server = await startServerProcess(dataFolder)
    const clients = createClients({ address: server.address })
    try {
      const faces = await noiseFaces(64)
      const embed = (index: number) =>
        clients.embedder.embed({
          image: { source: { $case: 'content', value: faces[index % faces.length]! } },
          faces: FaceSelection.WHOLE_IMAGE,
        })
      const stream = (next: () => Buffer | undefined) => embedStream(clients, next)
      const throughput = await measureThroughput(bare, embed, stream, faces, log)
      const latency = await measureLatency(bare, embed)
      const memory = await measureMemory(server.rss, embed, log)
      await server.stop()
      return [...throughput, ...latency, memory, await measureColdStart(dataFolder)]
    } finally {
      clients.close()
      await server.stop()
      await rm(dataFolder, { recursive: true })
    }
  },
}

interface BareLoop {
  /** Faces a second of the best batch size, measured for a while. */
  throughput(ms: number): Promise<number>
  readonly batchSize: number
  /** Milliseconds of one run of one face. */
  one(): Promise<number>
}

/** ONNX Runtime alone, with its own defaults or without spinning threads, whichever is faster here. */
async function bareLoop(model: string): Promise<BareLoop> {
  let best = { rate: 0, batchSize: 0, spinning: '' }
  const sessions = new Map<string, InferenceSession>()
  for (const spinning of ['0', '1']) {
    const session = await InferenceSession.create(model, {
      extra: { session: { intra_op: { allow_spinning: spinning } } },
    })
    sessions.set(spinning, session)
    for (const batchSize of BATCH_SIZES) {
      const rate = await loop(session, batchSize, 1_500)
      if (rate > best.rate) best = { rate, batchSize, spinning }
    }
  }
  const session = sessions.get(best.spinning) as InferenceSession
  return {
    batchSize: best.batchSize,
    throughput: (ms) => loop(session, best.batchSize, ms),
    async one() {
      const started = performance.now()
      await session.run({ image: input(1) })
      return performance.now() - started
    },
  }
}

async function loop(session: InferenceSession, batchSize: number, ms: number): Promise<number> {
  const feeds = { image: input(batchSize) }
  await session.run(feeds)
  const started = performance.now()
  let faces = 0
  while (performance.now() - started < ms) {
    await session.run(feeds)
    faces += batchSize
  }
  return faces / ((performance.now() - started) / 1_000)
}

function input(batchSize: number): Tensor {
  const data = Float32Array.from({ length: batchSize * 3 * SIDE * SIDE }, (_, i) => Math.sin(i * 0.37) / 2)
  return new Tensor('float32', data, [batchSize, 3, SIDE, SIDE])
}

async function noiseFaces(count: number): Promise<Buffer[]> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 }
  return Promise.all(
    Array.from({ length: count }, () =>
      sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#808080', noise } })
        .blur(3)
        .jpeg({ quality: 90 })
        .toBuffer(),
    ),
  )
}

type Embed = (index: number) => ReturnType<Clients['embedder']['embed']>

/** Calls without pause from several callers. @returns calls a second */
async function callFor(embed: Embed, callers: number, ms: number): Promise<number> {
  const started = performance.now()
  let calls = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - started < ms) {
        await embed(calls)
        calls += 1
      }
    }),
  )
  return calls / ((performance.now() - started) / 1_000)
}

/** One stream on which each face is sent when the answer to the one before has come. */
async function embedStream(clients: Clients, next: () => Buffer | undefined): Promise<void> {
  let answered: () => void = () => {}
  async function* requests(): AsyncGenerator<DeepPartial<EmbedStreamRequest>> {
    for (let face = next(); face; face = next()) {
      yield { request: { image: { source: { $case: 'content', value: face } }, faces: FaceSelection.WHOLE_IMAGE } }
      await new Promise<void>((resolve) => {
        answered = resolve
      })
    }
  }
  for await (const _ of clients.embedder.embedStream(requests())) answered()
}

type Stream = (next: () => Buffer | undefined) => Promise<void>

/** The same by streams. @returns faces a second */
async function streamFor(stream: Stream, faces: readonly Buffer[], callers: number, ms: number): Promise<number> {
  const started = performance.now()
  let sent = 0
  const next = () => (performance.now() - started < ms ? faces[sent++ % faces.length] : undefined)
  await Promise.all(Array.from({ length: callers }, () => stream(next)))
  return sent / ((performance.now() - started) / 1_000)
}

async function measureThroughput(
  bare: BareLoop,
  embed: Embed,
  stream: Stream,
  faces: readonly Buffer[],
  log: (line: string) => void,
): Promise<BenchRow[]> {
  await callFor(embed, CALLERS, ROUND_MS)
  const rounds: { calls: number; streams: number; peer: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const peer = await bare.throughput(ROUND_MS)
    const calls = await callFor(embed, CALLERS, ROUND_MS)
    const streams = await streamFor(stream, faces, CALLERS, ROUND_MS)
    rounds.push({ calls, streams, peer })
    log(
      `round ${round + 1}: ${calls.toFixed(1)} faces/s by calls, ${streams.toFixed(1)} by streams, ${peer.toFixed(1)} bare`,
    )
  }
  const row = (what: string, ours: (round: (typeof rounds)[number]) => number): BenchRow => {
    const ratio = median(rounds.map((round) => ours(round) / round.peer))
    return {
      what: `embed, ${CALLERS} callers ${what}, beside a bare loop at batch ${bare.batchSize}`,
      ours: median(rounds.map(ours)),
      peer: median(rounds.map(({ peer }) => peer)),
      unit: 'faces/s',
      ratio,
      bar: 'ratio >= 0.85',
      pass: ratio >= 0.85,
    }
  }
  return [row('each a call at a time', ({ calls }) => calls), row('each a stream', ({ streams }) => streams)]
}

async function measureLatency(bare: BareLoop, embed: Embed): Promise<BenchRow[]> {
  const ours: number[] = []
  const peer: number[] = []
  for (let i = 0; i < LATENCY_CALLS; i++) {
    peer.push(await bare.one())
    const started = performance.now()
    await embed(i)
    ours.push(performance.now() - started)
  }
  return [0.5, 0.99].map((q) => {
    const [a, b] = [quantile(ours, q), quantile(peer, q)]
    return {
      what: `embed, 1 caller, p${q * 100} beside one bare run`,
      ours: a,
      peer: b,
      unit: 'ms',
      ratio: a / b,
      bar: '',
      pass: null,
    }
  })
}

/** Memory must neither grow with the number of calls nor swing. */
async function measureMemory(rss: () => Promise<number>, embed: Embed, log: (line: string) => void): Promise<BenchRow> {
  const samples: number[] = []
  let calls = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (calls < MEMORY_CALLS) {
        calls += 1
        const mine = calls
        await embed(mine)
        if (mine % 1_000 === 0) {
          samples.push(await rss())
          log(`${mine} calls: ${((samples.at(-1) as number) / 2 ** 20).toFixed(0)} MiB`)
        }
      }
    }),
  )
  // The heap finds its size in the first quarter.
  const settled = samples.slice(samples.length / 4)
  const middle = median(settled)
  const deviation = Math.max(...settled.map((value) => Math.abs(value / middle - 1)))
  return {
    what: `resident memory over ${MEMORY_CALLS} calls, largest deviation from ${(middle / 2 ** 20).toFixed(0)} MiB`,
    ours: deviation * 100,
    peer: null,
    unit: '%',
    ratio: null,
    bar: '<= 5',
    pass: deviation <= 0.05,
  }
}

async function measureColdStart(dataFolder: string): Promise<BenchRow> {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const server = await startServerProcess(dataFolder)
    times.push(server.coldStartMs)
    await server.stop()
  }
  return {
    what: 'cold start, process start to SERVING',
    ours: median(times),
    peer: null,
    unit: 'ms',
    ratio: null,
    bar: '',
    pass: null,
  }
}

const median = (values: readonly number[]) => quantile(values, 0.5)
