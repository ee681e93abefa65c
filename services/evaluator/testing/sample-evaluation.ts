import { join } from 'node:path'
import { put } from '../../../libs/dataset/testing/sample-faces.js'
import { openDotProducts } from '../../../libs/dot-products/dot-products.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import { createRandom } from '../../../libs/random/random.js'
import type { Difference, EvaluationFacts, MeasuredRow, ModelRun } from '../evaluation/evaluation-result.js'
import { measureCondition } from '../evaluation/measure-condition.js'
import { resultDocument } from '../evaluation/result-document.js'
import { scoreNotes } from '../evaluation/score-notes.js'
import { compareMeasurements } from '../measure/compare-measurements.js'
import { conditionsOf, type DegradedSide, resolutionText } from '../measure/conditions.js'
import type { Measurement } from '../measure/figure.js'
import type { TemplateFeatures } from '../score/template-features.js'

const SUBJECTS = 40
const DIMENSION = 16
const NAMES = ['base', 'mine'] as const

/**
 * Writes report.json and score files of an evaluation whose features are drawn: two templates a subject, the noisier the lower the
 * resolution, and the second model less so.
 * @param models 1 or 2
 */
export async function writeSampleEvaluation(folder: string, side: DegradedSide, models: number): Promise<void> {
  const protocols = [verification(), identification()]
  const runs = NAMES.slice(0, models).map((name, i): ModelRun => {
    return { version: `models/${name}/versions/${String(i).repeat(12)}`, failed: [FAILURE] }
  })
  const facts: EvaluationFacts = {
    software: '1.2.3',
    spec: {
      protocol: 'sample',
      folder: '/faces <of> "many"',
      models: runs.map(({ version }) => version),
      resolutions: [8, 16, 32, 0],
      side,
      faces: 'largest',
      routing: true,
      seed: 0,
      replicates: 200,
    },
    protocols: protocols.map(({ name, kind, images, templates }) => ({
      name,
      kind,
      images: images.length,
      templates: templates.length,
      comparisons: 100,
    })),
    dataset: 'd'.repeat(64),
  }
  const rows: MeasuredRow[] = []
  const differences: Difference[] = []
  const products = openDotProducts()
  for (const protocol of protocols) {
    for (const condition of conditionsOf(facts.spec.resolutions, side)) {
      let first: Measurement | undefined
      for (const [order, model] of runs.entries()) {
        const { measurement, files } = await measureCondition(
          products,
          protocol,
          { gallery: features(condition.gallery, order), probe: features(condition.probe, order) },
          { seed: 0n, replicates: 200 },
          scoreNotes(facts, { protocol, condition, model, order, enhanced: false }),
        )
        const place = { protocol: protocol.name, condition, model: model.version }
        rows.push({ ...place, figures: measurement.figures })
        if (first)
          differences.push(...compareMeasurements(first, measurement, 0n).map((each) => ({ ...place, ...each })))
        first ??= measurement
        for (const [part, { body }] of files.entries()) {
          const name = `${resolutionText(condition.gallery)}-${resolutionText(condition.probe)}-${part}.parquet`
          await put(folder, join('scores', NAMES[order] as string, protocol.name, name), Buffer.from(body))
        }
      }
    }
  }
  await products.close()
  const document = resultDocument({ ...facts, models: runs, rows, differences })
  await put(folder, 'report.json', Buffer.from(JSON.stringify(document)))
}

const FAILURE = { image: 'a.png', reason: 'FACE_NOT_FOUND' }

const TEMPLATES = Array.from({ length: 2 * SUBJECTS }, (_, i) => {
  return { id: `t${i}`, subject: `s${Math.floor(i / 2)}`, images: [`t${i}`] }
})

/** A protocol of the paper, so that its figures stand beside. */
function verification(): Protocol {
  const pairs = TEMPLATES.flatMap((_, i) => TEMPLATES.slice(i + 1).map((_, j) => [i, i + 1 + j] as const))
  return {
    kind: 'verification',
    name: 'ijbb-verification',
    images: [],
    templates: TEMPLATES,
    pairs: {
      reference: Uint32Array.from(pairs, ([a]) => a),
      probe: Uint32Array.from(pairs, ([, b]) => b),
      mated: Uint8Array.from(pairs, ([a, b]) => (TEMPLATES[a]?.subject === TEMPLATES[b]?.subject ? 1 : 0)),
      fold: new Uint8Array(pairs.length),
      folds: 1,
    },
  }
}

/** Two galleries, each with half of the subjects. */
function identification(): Protocol {
  const half = (parity: number) =>
    Uint32Array.from({ length: SUBJECTS }, (_, i) => 2 * i).filter((_, i) => i % 2 === parity)
  return {
    kind: 'identification',
    name: 'folder-open-set',
    images: [],
    templates: TEMPLATES,
    galleries: [0, 1].map((parity) => ({ name: `half ${parity}`, templates: half(parity) })),
    probes: Uint32Array.from({ length: SUBJECTS }, (_, i) => 2 * i + 1),
  }
}

function features(resolution: number, model: number): TemplateFeatures {
  const random = createRandom(BigInt(resolution * 2 + model))
  const noise = (resolution === 0 ? 0.35 : 0.4 + 6 / resolution) / (1 + model)
  const rows = new Float32Array(TEMPLATES.length * DIMENSION)
  for (let t = 0; t < TEMPLATES.length; t++) {
    const subject = createRandom(BigInt(1000 + Math.floor(t / 2)))
    const row = Float32Array.from({ length: DIMENSION }, () => subject.normal() + noise * random.normal())
    rows.set(
      row.map((value) => value / Math.hypot(...row)),
      t * DIMENSION,
    )
  }
  return { rows, dimension: DIMENSION }
}
