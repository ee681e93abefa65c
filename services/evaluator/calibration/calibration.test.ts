import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { normalise } from '../../../libs/models/embedding.js'
import type { Calibration } from '../../../libs/models/model-card.js'
import { createModelRegistry, type ModelRegistry } from '../../../libs/models/model-registry.js'
import { RESOLUTION_BANDS, resolutionBand } from '../../../libs/models/resolution-band.js'
import { anyCard } from '../../../libs/models/testing/any-card.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { ProtocolImage } from '../../../libs/protocols/protocol.js'
import { createRandom, type Random } from '../../../libs/random/random.js'
import { createCalibrateModel } from './calibrate-model.js'
import { ALL_BANDS, bandResolutions, type CalibrationSpec } from './calibration-spec.js'
import { choosePictures } from './choose-pictures.js'
import { type CollectedScores, type SubjectScores, showProbes } from './collect-scores.js'
import type { ScoreMatrix } from './score-matrix.js'

const images = (subjects: number, pictures: (subject: number) => number): ProtocolImage[] =>
  Array.from({ length: subjects }, (_, subject) =>
    Array.from({ length: pictures(subject) }, (_, i) => {
      const id = `s${subject}/${i}.jpg`
      return { id, file: `/faces/${id}`, subject: `s${subject}` }
    }),
  ).flat()

describe('the choice of pictures', () => {
  const all = images(40, (subject) => 1 + (subject % 30))

  it('fits on some subjects and checks on others, and no picture is a probe and a template', () => {
    const { fit, check } = choosePictures(all, { checkShare: 0.3, seed: 1 })
    expect(fit.subjects).toHaveLength(28)
    expect(check.subjects).toHaveLength(12)
    expect(new Set([...fit.subjects, ...check.subjects]).size).toBe(40)
    for (const { subjects, templates, probes } of [fit, check]) {
      const chosen = [...templates, ...probes]
      expect(new Set(chosen.map(({ image }) => image.id)).size).toBe(chosen.length)
      for (const { image, subject } of chosen) expect(image.subject).toBe(subjects[subject])
      for (const [subject] of subjects.entries()) {
        expect(templates.filter((each) => each.subject === subject).length).toBeLessThanOrEqual(4)
        expect(templates.filter((each) => each.subject === subject).length).toBeGreaterThan(0)
        expect(probes.filter((each) => each.subject === subject).length).toBeLessThanOrEqual(10)
      }
    }
  })

  it('is that of the seed, whatever the order of the pictures', () => {
    const options = { checkShare: 0.5, seed: 4 }
    expect(choosePictures(all.toReversed(), options)).toEqual(choosePictures(all, options))
    expect(choosePictures(all, { ...options, seed: 5 })).not.toEqual(choosePictures(all, options))
  })

  it('asks for more subjects where there are too few', () => {
    const insufficient = expect.objectContaining({ reason: 'CALIBRATION_DATA_INSUFFICIENT' })
    for (const few of [images(3, () => 5), images(20, () => 1), []])
      expect(() => choosePictures(few, { checkShare: 0.3, seed: 0 })).toThrow(insufficient)
  })

  it('shows probes at every resolution of a band, as they are where they are of the band, and never larger', () => {
    for (const edge of RESOLUTION_BANDS) {
      for (const resolution of bandResolutions(edge)) expect(resolutionBand(resolution)).toBe(edge)
    }
    const own = [300, 300, 300, 23, 15, 14, 13, 12, 8]
    const probes = images(own.length, () => 1).map((image, subject) => ({ image, subject }))
    const resolutions = new Map(probes.map(({ image }, i) => [image.id, own[i] as number]))
    const shown = (band: number) => showProbes(probes, band, resolutions).map(({ subject, at }) => [own[subject], at])
    expect(shown(16)).toEqual([
      [300, 13],
      [300, 15],
      [300, 16],
      [23, 13],
      [15, 0],
      [14, 0],
      [13, 0],
    ])
    expect(shown(0)).toEqual([
      [300, 0],
      [300, 0],
      [300, 0],
    ])
    expect(shown(8).at(-1)).toEqual([8, 0])
  })
})

/** Faces as points: pictures of a subject lie around it, and the coarser the more they lie around one place that all have. */
function simulate(subjects: number, blur: number, random: Random): SubjectScores {
  const [dimension, templates, probes] = [24, 2, 4]
  const draw = () => Float32Array.from({ length: dimension }, () => random.normal())
  const towards = (from: Float32Array, to: Float32Array, share: number) =>
    normalise(from.map((value, i) => value * (1 - share) + (to[i] as number) * share))
  const centre = draw()
  const centres = Array.from({ length: subjects }, draw)
  const shoot = (subject: number, coarse: number) =>
    towards(towards(centres[subject] as Float32Array, draw(), 0.3), normalise(centre), coarse)
  const each = (count: number) => Uint32Array.from({ length: count * subjects }, (_, i) => Math.floor(i / count))
  const [templateSubjects, probeSubjects] = [each(templates), each(probes)]
  const enrolled = Array.from(templateSubjects, (subject) => shoot(subject, 0))
  const matrices = [16, 0].map((resolution): ScoreMatrix => {
    const shown = Array.from(probeSubjects, (subject) => shoot(subject, resolution === 0 ? 0 : blur))
    const scores = shown.flatMap((a) =>
      enrolled.map((b) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)),
    )
    return { resolution, scores: Float32Array.from(scores), probeSubjects, templateSubjects }
  })
  return { subjects, bands: () => matrices }
}

describe('calibrating', () => {
  const spec: CalibrationSpec = {
    model: 'models/any',
    folder: '/faces',
    faces: 'largest',
    bands: ALL_BANDS,
    checkShare: 0.5,
    seed: 3,
    replicates: 400,
  }
  const random = createRandom(11n)
  const collected: Omit<CollectedScores, 'model'> = {
    dataset: 'digest',
    fit: simulate(120, 0.5, random),
    check: simulate(80, 0.5, random),
    failed: [{ image: 'a/1.jpg', reason: 'FACE_NOT_FOUND' }],
  }
  let folder: string
  let registry: ModelRegistry
  let version: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-calibration-'))
    registry = createModelRegistry({ objects: await createFolderObjectStore({ folder }) })
    version = await registry.put('any', Buffer.from('network'), anyCard({ evaluation: { kept: true } }))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function run(scores: Omit<CollectedScores, 'model'>) {
    const collectScores = async () => ({ ...scores, model: { name: 'any', version } })
    const calibrate = createCalibrateModel({ collectScores, registry })
    const result = await calibrate(spec, { signal: new AbortController().signal, report: () => {} })
    return { result, card: (await registry.get('models/any')).card }
  }

  it('writes into the card what holds on subjects that it has not seen', async () => {
    const { result, card } = await run(collected)
    expect(card.evaluation).toEqual({ kept: true })
    expect(card.calibration).toEqual(result.calibration)
    expect(result.version).toBe(`models/any/versions/${version}`)
    expect(result.calibration).toMatchObject({ dataset: 'digest', subjects: 120, seed: 3 })
    expect(result.checks.map(({ resolution, target }) => [resolution, target])).toEqual(
      [16, 0].flatMap((resolution) => [0.1, 0.01, 0.001].map((target) => [resolution, target])),
    )
    for (const { resolution, target, fmr, fpir, fnmr } of result.checks) {
      expect(fmr.count).toBe(80 * 4 * 79 * 2)
      expect(fmr.low, `FMR ${resolution} ${target}`).toBeLessThanOrEqual(target)
      expect(fmr.high, `FMR ${resolution} ${target}`).toBeGreaterThanOrEqual(target)
      // One threshold for all: probes are not alike, so false positives come together and the rate stays below.
      expect(fpir.low, `FPIR ${resolution} ${target}`).toBeLessThanOrEqual(target)
      expect(fpir.count).toBe(320)
      expect(fnmr.count).toBe(80 * 4 * 2)
    }
    const [coarse, sharp] = [16, 0].map((resolution) => result.checks.find((check) => check.resolution === resolution))
    expect(coarse?.fnmr.value).toBeGreaterThan(sharp?.fnmr.value ?? 1)
  })

  it('counts what the thresholds do, by definition', async () => {
    const { result } = await run(collected)
    const matrix = [...collected.check.bands()][0] as ScoreMatrix
    const check = result.checks.find(({ resolution, target }) => resolution === 16 && target === 0.01)
    const width = matrix.templateSubjects.length
    let [accepted, strangers, missed, mates] = [0, 0, 0, 0]
    for (const [i, score] of matrix.scores.entries()) {
      const mated = matrix.probeSubjects[Math.floor(i / width)] === matrix.templateSubjects[i % width]
      const match = score >= (check?.threshold ?? 2)
      if (mated) [mates, missed] = [mates + 1, missed + (match ? 0 : 1)]
      else [strangers, accepted] = [strangers + 1, accepted + (match ? 1 : 0)]
    }
    expect(check?.fmr.value).toBeCloseTo(accepted / strangers, 12)
    expect(check?.fnmr.value).toBeCloseTo(missed / mates, 12)
  })

  it('leaves failed extractions out, and copes with a band that has none left', async () => {
    const holed = (scores: SubjectScores): SubjectScores => ({
      ...scores,
      bands: () =>
        Array.from(scores.bands(), (matrix) => {
          const { resolution, templateSubjects } = matrix
          const every = resolution === 16 ? 1 : 5
          const isFailed = (probe: number) => probe % every === 0
          return {
            ...matrix,
            scores: matrix.scores.map((score, i) =>
              isFailed(Math.floor(i / templateSubjects.length)) ? Number.NaN : score,
            ),
          }
        }),
    })
    const { result } = await run({ ...collected, fit: holed(collected.fit), check: holed(collected.check) })
    const bands: Calibration['bands'] = result.calibration.bands
    expect(bands.map(({ resolution, impostors }) => [resolution, impostors])).toEqual([
      [16, 0],
      [0, 0.8 * 120 * 4 * 119 * 2],
    ])
    expect(result.checks.find(({ resolution }) => resolution === 0)?.fpir.count).toBe(0.8 * 320)
  })
})
