import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EmbedRequest } from '../../gen/crossres/v1/embedder.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { ARCFACE_TEMPLATE, dlibChipTemplate } from '../../libs/face/templates.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import { createCli } from '../e2e/cli-process.js'
import { cosine, lowestCosine } from '../fixtures/cosine.js'
import { writeLfwChips } from '../fixtures/lfw-chips.js'
import { pythonEnv } from '../fixtures/python-env.js'
import { hasShared, MOBILEFACENET } from '../fixtures/shared-models.js'
import { startStack } from '../fixtures/start-stack.js'

/** What Python is told of a network; stated here once more, apart from the presets that it checks. */
const NETWORKS = {
  // The statistics of ImageNet, as torchvision's documentation has them.
  mobilefacenet: {
    onnx: MOBILEFACENET,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    template: ARCFACE_TEMPLATE,
  },
  // dlib's input_rgb_image: (x - mean) / 256.
  base: {
    onnx: join(cacheFolder({}), 'face-api', 'recognition.onnx'),
    mean: [122.782, 117.001, 104.298].map((mean) => mean / 255),
    std: [256 / 255, 256 / 255, 256 / 255],
    template: dlibChipTemplate(150, 0.25),
  },
}
const NAMES = ['mobilefacenet', 'base'] as const
const FACES = 50

describe.skipIf(!hasShared)('embeddings', () => {
  let folder: string
  const chips: Record<string, string[]> = {}
  const data = () => join(folder, 'data')
  const cli = () => createCli({ CROSSRES_DATA: data(), CROSSRES_CACHE: cacheFolder({}) })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-agreement-'))
    for (const name of NAMES) chips[name] = await writeLfwChips(folder, FACES, NETWORKS[name].template)
    const preset = ['--name', 'mobilefacenet', '--preset', 'mobilefacenet', '--licence', 'Apache-2.0']
    const imported = await cli().run('models', 'import', MOBILEFACENET, ...preset)
    expect(imported).toMatchObject({ code: 0 })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(NAMES)('of %s are those that Python computes of the same pixels', { timeout: 300_000 }, async (name) => {
    const files = chips[name] as string[]
    const answer = await cli().run('embed', '--json', '--faces', 'whole', '--model', name, ...files)
    expect(answer).toMatchObject({ code: 0 })
    const { model, results } = answer.json() as { model: string; results: { faces: { embedding: number[] }[] }[] }
    expect(model).toMatch(new RegExp(`^models/${name}/versions/[0-9a-f]{12}$`))
    const ours = results.map(({ faces }) => faces[0]?.embedding ?? [])

    // The embed before has imported the base model, which Python reads too.
    const { template, ...network } = NETWORKS[name]
    const peers = await python({ ...network, files })
    expect(peers).toHaveLength(FACES)
    const lowest = lowestCosine(ours, peers)
    console.log(`${name}: lowest cosine of ${FACES} faces with Python 1 - ${(1 - lowest).toExponential(1)}`)
    // Rounding takes 1e-12; a scale of 1 / 255 in the place of 1 / 256 takes 5e-7 already.
    expect(lowest).toBeGreaterThan(1 - 1e-8)

    // The faces are of different people: vectors that were all alike would agree as well.
    const others = ours.flatMap((vector, i) => peers.slice(i + 1).map((other) => cosine(vector, other)))
    expect(Math.max(...others)).toBeLessThan(0.98)
  })

  it.each(NAMES)('of %s do not depend on the batch', { timeout: 300_000 }, async (name) => {
    const files = (chips[name] as string[]).slice(0, 32)
    const requests = await Promise.all(files.map((file) => wholeImage(file, name)))
    const bySize: Float32Array[][] = []
    for (const maxBatchSize of [1, 8, 32]) {
      // With so much patience a batch closes when it is full: the faces of a stream are all on their way at once.
      const settings = { maxBatchSize, maxQueueDelayMs: 10_000 }
      const stack = await startStack({ dataFolder: data(), settings })
      try {
        const answers = stack.clients.embedder.embedStream(stream(requests))
        const vectors: Float32Array[] = []
        for await (const { result } of answers) {
          const embedding = result?.$case === 'response' ? result.value.faces[0]?.embedding : undefined
          vectors.push(embedding ? decodeEmbedding(embedding) : new Float32Array())
        }
        bySize.push(vectors)
      } finally {
        await stack.stop()
      }
    }
    const [one, eight, all] = bySize as [Float32Array[], Float32Array[], Float32Array[]]
    expect(one).toHaveLength(32)
    const lowest = [lowestCosine(one, eight), lowestCosine(one, all), lowestCosine(eight, all)]
    console.log(
      `${name}: lowest cosine of batches 1-8, 1-32, 8-32: ${lowest.map((value) => `1 - ${(1 - value).toExponential(1)}`).join(', ')}`,
    )
    for (const value of lowest) expect(value).toBeGreaterThanOrEqual(0.99999)
  })

  it('of the same picture are the same bytes, whether the model is named or is the default', async () => {
    const stack = await startStack({ dataFolder: data() })
    try {
      const { embedder } = stack.clients
      const file = chips.base?.[0] as string
      const versions = await Promise.all(
        ['', 'models/default', 'models/crossres'].map(async (name) => (await embedder.getModel({ name })).model?.name),
      )
      expect(versions[0]).toMatch(/^models\/crossres\/versions\/[0-9a-f]{12}$/)
      expect(new Set(versions).size).toBe(1)

      const answers: Buffer[] = []
      for (const model of ['crossres', 'crossres', 'default', undefined]) {
        const { faces, modelVersion } = await embedder.embed(await wholeImage(file, model))
        expect(modelVersion).toBe(versions[0])
        answers.push(Buffer.from(faces[0]?.embedding?.values ?? []))
      }
      const [first, ...again] = answers
      expect(first).toHaveLength(128 * 4)
      for (const answer of again) expect(answer.equals(first as Buffer)).toBe(true)

      // Another picture is another vector.
      const other = await embedder.embed(await wholeImage(chips.base?.[1] as string))
      expect(Buffer.from(other.faces[0]?.embedding?.values ?? []).equals(first as Buffer)).toBe(false)
    } finally {
      await stack.stop()
    }
  })
})

async function wholeImage(file: string, model?: string): Promise<EmbedRequest> {
  return {
    image: { source: { $case: 'content', value: await readFile(file) } },
    model: model === undefined ? '' : `models/${model}`,
    faces: FaceSelection.WHOLE_IMAGE,
    regions: [],
    trueResolution: 0,
    maxFaces: 0,
    minFaceResolution: 0,
  }
}

async function* stream(requests: readonly EmbedRequest[]) {
  for (const [index, request] of requests.entries()) yield { requestId: String(index), request }
}

/** Feature vectors of agreement.py. */
async function python(task: object): Promise<number[][]> {
  const interpreter = await pythonEnv(['onnxruntime', 'numpy<3', 'pillow<=11.3'])
  const script = join(import.meta.dirname, 'agreement.py')
  return new Promise((resolve, reject) => {
    const child = execFile(interpreter, [script], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`agreement.py failed: ${stderr}`, { cause: error }))
      else resolve(JSON.parse(stdout))
    })
    child.stdin?.end(JSON.stringify(task))
  })
}
