import { join } from 'node:path'
import { put } from '../../../libs/dataset/testing/sample-faces.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import { createRandom } from '../../../libs/random/random.js'
import type { Difference, MeasuredRow } from '../evaluation/evaluation-result.js'
import { measureCondition } from '../evaluation/measure-condition.js'
import { resultDocument } from '../evaluation/result-document.js'
import { type Condition, conditionsOf, type DegradedSide, resolutionText } from '../measure/conditions.js'
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
  const versions = NAMES.slice(0, models).map((name, i) => `models/${name}/versions/${String(i).repeat(12)}`)
  const rows: MeasuredRow[] = []
  const differences: Difference[] = []
  for (const protocol of protocols) {
    for (const condition of conditionsOf([8, 16, 32, 0], side)) {
      for (const [i, model] of versions.entries()) {
        const { measurement, files } = measureCondition(
          protocol,
          features(condition.gallery, i),
          features(condition.probe, i),
          { seed: 0n, replicates: 200 },
          notesOf(protocol, model, condition),
        )
        const place = { protocol: protocol.name, condition, model }
        rows.push({ ...place, figures: measurement.figures })
        if (i > 0) differences.push({ ...place, metric: 'auc', parameter: 0, value: 0.03, low: 0.01, high: 0.05 })
        for (const [part, { body }] of files.entries()) {
          const name = `${resolutionText(condition.gallery)}-${resolutionText(condition.probe)}-${part}.parquet`
          await put(folder, join('scores', NAMES[i] as string, protocol.name, name), Buffer.from(body))
        }
      }
    }
  }
  const document = resultDocument({
    spec: {
      protocol: 'sample',
      folder: '/faces <of> "many"',
      models: versions,
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
    dataset: DATASET,
    models: versions.map((version) => ({ version, failed: [{ image: 'a.png', reason: 'FACE_NOT_FOUND' }] })),
    rows,
    differences,
  })
  await put(folder, 'report.json', Buffer.from(JSON.stringify(document)))
}

const DATASET = 'd'.repeat(64)

function notesOf({ name, kind }: Protocol, model: string, { probe, gallery }: Condition) {
  const resolutions = { probe_resolution: resolutionText(probe), gallery_resolution: resolutionText(gallery) }
  return { protocol: name, kind, model, dataset: DATASET, ...resolutions }
}

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
