import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { openDotProducts } from '../../../libs/dot-products/dot-products.js'
import type { Protocol, ProtocolImage } from '../../../libs/protocols/protocol.js'
import { measureCondition } from '../../../services/evaluator/evaluation/measure-condition.js'
import { createFeatureTable } from '../../../services/evaluator/features/feature-table.js'
import type { Figure } from '../../../services/evaluator/measure/figure.js'
import { type TemplateFeatures, templateFeatures } from '../../../services/evaluator/score/template-features.js'
import type { EvaluationFiles, EvaluationSizes } from '../evaluate-data.js'

/*
 * Our side of the evaluator's benchmark, in a process of its own like the peer's and with the same commands (evaluate.py): what an
 * evaluation does once pictures are embedded. An answer also tells the most memory that was resident so far, in bytes.
 */

interface Load {
  readonly files: EvaluationFiles
  readonly sizes: EvaluationSizes
}

interface Run {
  /** Replicates of bootstraps; 0: none are drawn. */
  readonly replicates: number
}

const products = openDotProducts()
let evaluate = async (_replicates: number): Promise<object> => ({})

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Load | Run
  const answer = 'files' in command ? await load(command) : await evaluate(command.replicates)
  process.stdout.write(`${JSON.stringify({ ...answer, peak: process.resourceUsage().maxRSS * 1024 })}\n`)
}

async function load({ files, sizes }: Load) {
  const { dimension, galleries } = sizes
  const features = new Float32Array(await bytesOf(files.features))
  const [template, medium, subject, reference, probe] = (await Promise.all(
    [files.template, files.medium, files.subject, files.reference, files.probe].map(
      async (file) => new Uint32Array(await bytesOf(file)),
    ),
  )) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  const mated = new Uint8Array(await bytesOf(files.mated))

  const table = createFeatureTable()
  const templates = Array.from(subject, (who, i) => ({ id: String(i), subject: String(who), images: [] as string[] }))
  const images = Array.from(template, (of, i): ProtocolImage => {
    const id = `frames/${i}.jpg#${medium[i]}`
    const owner = templates[of] as (typeof templates)[number]
    owner.images.push(id)
    table.set(id, 0, features.subarray(i * dimension, (i + 1) * dimension))
    return { id, file: `/frames/${i}.jpg`, subject: owner.subject, medium: String(medium[i]) }
  })
  const range = (from: number, count: number) => Uint32Array.from({ length: count }, (_, i) => from + i)
  const verification: Protocol = {
    kind: 'verification',
    name: 'verification',
    images,
    templates,
    pairs: { reference, probe, mated, fold: new Uint8Array(mated.length), folds: 1 },
  }
  const [first, second] = galleries
  const identification: Protocol = {
    kind: 'identification',
    name: 'identification',
    images,
    templates,
    galleries: [
      { name: 'first', templates: range(0, first) },
      { name: 'second', templates: range(first, second) },
    ],
    probes: range(first + second, sizes.probes),
  }
  evaluate = async (replicates) => {
    const [pooling, fused] = await timed(async () => templateFeatures(verification, table, 0, dimension))
    const measure = (protocol: Protocol, of: TemplateFeatures) =>
      timed(() => measureCondition(products, protocol, { gallery: of, probe: of }, { seed: 1n, replicates }))
    const [verifying, pairs] = await measure(verification, fused)
    const [searching, searches] = await measure(identification, fused)
    return {
      ms: { pooling, verification: verifying, identification: searching },
      figures: Object.fromEntries([pairs, searches].flatMap(({ measurement }) => measurement.figures.map(named))),
    }
  }
  return { about: `Node ${process.versions.node}` }
}

function named({ metric, parameter, value }: Figure) {
  return [`${metric}@${parameter}`, value] as const
}

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const start = performance.now()
  const result = await work()
  return [performance.now() - start, result]
}

async function bytesOf(file: string): Promise<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = await readFile(file)
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}
