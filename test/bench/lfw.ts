import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FaceRegion, FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedStreamRequest } from '../../gen/crossres/v1/embedder.js'
import { foldAccuracy } from '../../libs/metrics/ten-fold.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import { parseLandmarksCsv } from '../../libs/protocols/landmarks-csv.js'
import { type LfwPair, parseLfwPairs } from '../../libs/protocols/lfw-pairs.js'
import type { Clients } from '../../libs/rpc/client.js'
import { hasShared, importMobileFaceNet, SHARED } from '../fixtures/shared-models.js'
import { startStack } from '../fixtures/start-stack.js'
import type { Bench, BenchRow } from './bench-row.js'

const LFW = join(SHARED, 'data', 'lfw')

/** One way of embedding LFW, and the accuracy it must reach. */
interface Variant {
  readonly model: string
  /** Whether the landmarks come from the data set's table; else crossres finds the faces itself. */
  readonly given: boolean
  readonly bar: number | null
}

const VARIANTS: readonly Variant[] = [
  { model: 'base', given: true, bar: 0.988 },
  { model: 'base', given: false, bar: null },
  { model: 'mobilefacenet', given: true, bar: 0.992 },
]

/** LFW's 6,000 pairs, ten-fold, every picture through the real gRPC path. */
export const bench: Bench = {
  name: 'lfw',
  async run(log) {
    if (!existsSync(LFW) || !hasShared) {
      log(`skipped: ${LFW} is not there`)
      return []
    }
    const dataFolder = await mkdtemp(join(tmpdir(), 'crossres-lfw-'))
    await importMobileFaceNet(dataFolder)
    const stack = await startStack({ dataFolder })
    try {
      const folds = parseLfwPairs(await readFile(join(LFW, 'pairs.txt'), 'utf8'))
      const faces = parseLandmarksCsv(await readFile(join(LFW, 'landmarks.csv'), 'utf8'))
      const rows: BenchRow[] = []
      for (const variant of VARIANTS) rows.push(await measure(stack.clients, folds, faces, variant, log))
      return rows
    } finally {
      await stack.stop()
      await rm(dataFolder, { recursive: true })
    }
  },
}

async function measure(
  clients: Clients,
  folds: readonly LfwPair[][],
  faces: ReadonlyMap<string, FaceRegion>,
  { model, given, bar }: Variant,
  log: (line: string) => void,
): Promise<BenchRow> {
  const files = [...new Set(folds.flat().flatMap((pair) => [pair.reference, pair.probe]))]
  async function* requests(): AsyncGenerator<EmbedStreamRequest> {
    for (const file of files) {
      const region = faces.get(file)
      const content = await readFile(join(LFW, 'images', file))
      yield {
        requestId: file,
        request: {
          image: { source: { $case: 'content', value: content } },
          model: `models/${model}`,
          faces: given ? FaceSelection.GIVEN : FaceSelection.LARGEST,
          regions: given && region ? [region] : [],
          trueResolution: 0,
          maxFaces: 1,
          minFaceResolution: 0,
        },
      }
    }
  }

  const started = performance.now()
  const vectors = new Map<string, Float32Array>()
  let seen = 0
  for await (const { requestId, result } of clients.embedder.embedStream(requests())) {
    seen += 1
    if (seen % 1_000 === 0) log(`${model}: ${seen} of ${files.length} pictures`)
    const embedding = result?.$case === 'response' ? result.value.faces[0]?.embedding : undefined
    if (embedding) vectors.set(requestId, decodeEmbedding(embedding))
  }
  const seconds = (performance.now() - started) / 1_000

  const scores = folds.map((pairs) => {
    const of = (mated: boolean) =>
      Float32Array.from(pairs.filter((pair) => pair.mated === mated).map((pair) => score(vectors, pair)))
    return { mated: of(true), nonMated: of(false) }
  })
  const { mean, standardError } = foldAccuracy(scores)
  const source = given ? 'given landmarks' : 'own detector'
  log(
    `${model}, ${source}: ${(mean * 100).toFixed(2)} +- ${(standardError * 100).toFixed(2)} %, ` +
      `${files.length - vectors.size} of ${files.length} without a face, ${(files.length / seconds).toFixed(0)} pictures/s`,
  )
  return {
    what: `LFW ten-fold accuracy, ${model}, ${source}`,
    ours: mean,
    peer: null,
    unit: '',
    ratio: null,
    bar: bar === null ? '' : `>= ${bar}`,
    pass: bar === null ? null : mean >= bar,
  }
}

/** A face that was not found matches nobody. */
function score(vectors: ReadonlyMap<string, Float32Array>, { reference, probe }: LfwPair): number {
  const [a, b] = [vectors.get(reference), vectors.get(probe)]
  if (!a || !b) return -1
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}
