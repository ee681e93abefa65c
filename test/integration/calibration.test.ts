import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  CalibrationState,
  Decision,
  type DecisionTarget,
  FaceSelection,
  JobState,
} from '../../gen/crossres/v1/common.js'
import type { Evaluation } from '../../gen/crossres/v1/evaluator.js'
import { TemplatePolicy } from '../../gen/crossres/v1/gallery_index.js'
import { fmrForFpir } from '../../libs/calibration/apply-calibration.js'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { landmarksOf, put, writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { changeWeights } from '../../libs/models/testing/change-weights.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { failureOfCall } from '../fixtures/calls.js'
import { axes, content, embeddingInput } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

/** A cosine of 1/2 is a rate of 1e-3 at full resolution, of 1e-1 at 24 px; at 8 px nothing can be told. */
const band = (resolution: number, low: number): Calibration['bands'][number] => ({
  resolution,
  curve: [0.6, 0.4, 0.2, 0].map((above) => ({ score: low + above, fmr: 10 ** (-10 * above) })),
  misses: [
    { score: 1, fnmr: 1 },
    { score: 0, fnmr: 0 },
  ],
  impostors: 1_000_000,
})
const calibration: Calibration = {
  bands: [band(0, 0.2), band(24, 0.4), { ...band(8, 0.4), misses: [{ score: 0.4, fnmr: 0.95 }] }],
  dataset: 'made by hand',
}

let dataFolder: string
let registry: ModelRegistry
let stack: TestStack
let calibrated: string
let uncalibrated: string

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'crossres-calibration-'))
  const objects = await createFolderObjectStore({ folder: join(dataFolder, 'objects') })
  registry = createModelRegistry({ objects })
  const cache = join(cacheFolder({}), 'face-api')
  const version = await ensureBaseModel({ registry, cacheFolder: cache, packageFolder: faceApiFolder() })
  await registry.changeCard('base', version, (card) => ({ ...card, calibration }))
  calibrated = versionName('base', version)
  const { card } = await registry.get('models/base')
  const { calibration: _, ...plain } = card
  const other = await registry.put('plain', changeWeights(await registry.readNetwork('base', version), 0.2), plain)
  uncalibrated = versionName('plain', other)
  stack = await startStack({ dataFolder, settings: { defaultModel: 'base' } })
})
afterAll(async () => {
  await stack?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

/** An embedding whose cosine with that of axis 0 is as stated. */
function near(cosine: number): Float32Array {
  const vector = axes(0)
  vector[0] = cosine
  vector[1] = Math.sqrt(1 - cosine ** 2)
  return vector
}
const face = (cosine: number, trueResolution: number, version = calibrated) => ({
  ...embeddingInput(near(cosine), version),
  trueResolution,
})
const fpir = (value: number): DecisionTarget => ({ target: { $case: 'targetFpir', value } })
const fmr = (value: number): DecisionTarget => ({ target: { $case: 'targetFmr', value } })

async function createGallery(galleryId: string, subjects: number, facesEach: number, policy: TemplatePolicy) {
  const { galleryIndex } = stack.clients
  await galleryIndex.createGallery({ galleryId, gallery: { templatePolicy: policy } })
  const gallery = `galleries/${galleryId}`
  for (let subject = 0; subject < subjects; subject++) {
    const faces = Array.from({ length: facesEach }, (_, i) => embeddingInput(axes(subject, 64 + i), calibrated))
    await galleryIndex.enroll({ gallery, subjectId: `s${subject}`, faces })
  }
  return gallery
}

describe('Verify', () => {
  const verify = (probe: ReturnType<typeof face>, target?: DecisionTarget, reference = face(1, 0)) =>
    stack.clients.galleryIndex.verify({ reference: [reference], probe: [probe], ...(target ? { target } : {}) })

  it('decides by the rate of the resolution, and tells the rate of the score', async () => {
    const answers = await Promise.all([0, 24, 20].map((resolution) => verify(face(0.55, resolution), fmr(0.005))))
    expect(answers.map(({ decision }) => decision)).toEqual([Decision.MATCH, Decision.NO_MATCH, Decision.NO_MATCH])
    expect(answers.map(({ threshold }) => threshold?.resolutionBand)).toEqual([0, 24, 24])
    for (const { threshold } of answers) {
      expect(threshold).toMatchObject({ calibration: CalibrationState.CALIBRATED, fmr: 0.005 })
    }
    expect(answers[0]?.threshold?.score).toBeCloseTo(0.43, 2)
    expect(answers[1]?.threshold?.score).toBeCloseTo(0.63, 2)
    expect(answers[0]?.fmr).toBeCloseTo(10 ** -3.5, 6)
    expect(answers[1]?.fmr).toBeCloseTo(10 ** -1.5, 4)
  })

  it('holds to an FMR of 0.001 unless told otherwise', async () => {
    const { decision, threshold } = await verify(face(0.51, 0))
    expect(threshold?.fmr).toBe(0.001)
    expect(decision).toBe(Decision.MATCH)
    expect((await verify(face(0.49, 0))).decision).toBe(Decision.NO_MATCH)
  })

  it('is inconclusive where the band misses nearly everybody, and where nothing is known of two coarse faces', async () => {
    const hopeless = await verify(face(0.99, 7), fmr(0.01))
    expect(hopeless.decision).toBe(Decision.INCONCLUSIVE)
    expect(hopeless.threshold).toMatchObject({ resolutionBand: 8, calibration: CalibrationState.CALIBRATED })
    const coarse = await verify(face(0.99, 20), fmr(0.01), face(1, 20))
    expect(coarse.decision).toBe(Decision.INCONCLUSIVE)
    expect(coarse.threshold?.calibration).toBe(CalibrationState.UNCALIBRATED)
  })

  it('answers for an uncalibrated model, marked so', async () => {
    const answer = await verify(face(0.99, 24, uncalibrated), fmr(0.01), face(1, 0, uncalibrated))
    expect(answer.score).toBeCloseTo(0.99, 5)
    expect(answer.decision).toBe(Decision.INCONCLUSIVE)
    expect(answer.threshold?.calibration).toBe(CalibrationState.UNCALIBRATED)
    expect(answer.fmr).toBeUndefined()
  })
})

describe('Match', () => {
  const match = (gallery: string, probe: ReturnType<typeof face>, target?: DecisionTarget) =>
    stack.clients.galleryIndex.match({ gallery, probe: [probe], ...(target ? { target } : {}) })

  it('takes the gallery as large as it has templates', async () => {
    for (const [id, facesEach, policy, templates] of [
      ['one-each', 1, TemplatePolicy.EVERY, 5],
      ['three-each', 3, TemplatePolicy.EVERY, 15],
      ['fused', 3, TemplatePolicy.FUSED, 5],
    ] as const) {
      const gallery = await createGallery(id, 5, facesEach, policy)
      const { threshold, gallerySize, candidates } = await match(gallery, face(0.9, 24), fpir(0.05))
      expect(gallerySize).toBe(5n)
      expect(threshold?.fmr, id).toBeCloseTo(fmrForFpir(0.05, templates), 9)
      expect(threshold?.score, id).toBeCloseTo(0.4 - Math.log10(fmrForFpir(0.05, templates)) / 10, 5)
      for (const { score, fmr: rate } of candidates) {
        expect(Math.log10(rate ?? 0)).toBeCloseTo(Math.min(0, -10 * (score - 0.4)), 3)
      }
    }
    const usual = await match('galleries/one-each', face(0.9, 24))
    expect(usual.threshold?.fmr).toBeCloseTo(fmrForFpir(0.01, 5), 9)
  })

  it('decides for a picture by the resolution that the embedder measures', async () => {
    const photograph = await samplePhotograph(1)
    const crop = (side: number) => sharp(photograph).resize(side, side, { fit: 'cover' }).png().toBuffer()
    const input = (picture: Buffer) => ({
      input: { $case: 'image' as const, value: content(picture) },
      faces: FaceSelection.WHOLE_IMAGE,
    })
    const { galleryIndex } = stack.clients
    const gallery = 'galleries/pictures'
    const faces = [input(await crop(150))]
    await galleryIndex.enroll({ gallery, subjectId: 'her', faces, createGallery: true })
    const answers = []
    for (const side of [150, 20, 8]) {
      answers.push(await galleryIndex.match({ gallery, probe: [input(await crop(side))], target: fmr(0.01) }))
    }
    expect(answers.map(({ threshold }) => threshold?.resolutionBand)).toEqual([0, 24, 8])
    expect(answers.map(({ decision }) => decision)).toEqual([Decision.MATCH, Decision.MATCH, Decision.INCONCLUSIVE])
  })

  it('follows a new calibration of the same version, and the change of somebody else is kept', async () => {
    const version = calibrated.split('/').at(-1) as string
    const stricter = { ...calibration, bands: [band(0, 0.3)] }
    await Promise.all([
      registry.changeCard('base', version, (card) => ({ ...card, calibration: stricter })),
      registry.changeCard('base', version, (card) => ({ ...card, evaluation: { note: 'measured' } })),
    ])
    const { card } = await registry.get(calibrated)
    expect(card).toMatchObject({ calibration: stricter, evaluation: { note: 'measured' } })
    const ask = () =>
      stack.clients.galleryIndex.verify({ reference: [face(1, 0)], probe: [face(0.5, 0)], target: fmr(0.001) })
    await vi.waitFor(async () => expect((await ask()).threshold?.score).toBeCloseTo(0.6, 5), {
      timeout: 20_000,
      interval: 500,
    })
  })
})

describe('CalibrateModel', () => {
  const watch = async (name: string) => {
    let last: Evaluation | undefined
    for await (const { evaluation } of stack.clients.evaluator.watchEvaluation({ name })) last = evaluation
    return last
  }

  it('writes a calibration into the card of the version, and tells what it came to', { timeout: 120_000 }, async () => {
    const { evaluator, embedder, galleryIndex } = stack.clients
    const faces = join(dataFolder, 'faces')
    await put(faces, 'landmarks.csv', landmarksOf(await writeSubjects(faces, 10, 4)))
    const request = { model: 'models/plain', dataUri: faces, resolutionBands: [16, 128, 0], seed: 5n }
    const { evaluation } = await evaluator.calibrateModel(request)
    const ended = await watch(evaluation?.name ?? '')
    expect(ended).toMatchObject({ state: JobState.SUCCEEDED, error: undefined })
    expect(ended?.config).toMatchObject({ models: [uncalibrated], resolutions: [16, 128, 0], seed: 5n })
    const fmr = ended?.metrics.filter(({ metric }) => metric === 'fmr') ?? []
    // The pictures have no face of full resolution.
    expect(fmr.map(({ probeResolution, parameter }) => [probeResolution, parameter])).toEqual(
      [16, 128].flatMap((band) => [0.1, 0.01, 0.001].map((target) => [band, target])),
    )
    for (const { value, low, high, count, protocol } of fmr) {
      expect([low <= value, value <= high, count, protocol]).toEqual([true, true, 3n * 2n * 2n * 2n, 'calibration'])
    }
    const { scoreCalibration } = await embedder.getModel({ name: uncalibrated })
    expect(scoreCalibration?.bands.map(({ resolution }) => resolution)).toEqual([16, 128, 0])
    expect((await registry.get(uncalibrated)).card.calibration).toMatchObject({ subjects: 7, seed: 5 })
    const sides = { reference: [face(1, 0, uncalibrated)], probe: [face(0.9, 14, uncalibrated)] }
    await vi.waitFor(
      async () => {
        const { threshold, fmr: rate } = await galleryIndex.verify(sides)
        expect(threshold).toMatchObject({ calibration: CalibrationState.CALIBRATED, resolutionBand: 16 })
        expect(rate).toBeGreaterThan(0)
      },
      { timeout: 20_000, interval: 500 },
    )
  })

  it('refuses at once what cannot be done, and fails with the reason where the faces are too few', async () => {
    const { evaluator } = stack.clients
    const good = { model: 'models/plain', dataUri: join(dataFolder, 'faces') }
    const refused = async (change: object) =>
      (await failureOfCall(evaluator.calibrateModel({ ...good, ...change }))).reason
    expect(await refused({ resolutionBands: [17] })).toBe('FIELD_INVALID')
    expect(await refused({ checkShare: 1 })).toBe('FIELD_INVALID')
    expect(await refused({ faces: FaceSelection.ALL })).toBe('FIELD_INVALID')
    expect(await refused({ dataUri: '' })).toBe('FIELD_MISSING')
    expect(await refused({ dataUri: 'faces' })).toBe('FIELD_INVALID')
    expect(await refused({ model: 'models/nobody' })).toBe('MODEL_NOT_FOUND')
    const few = join(dataFolder, 'few')
    await put(few, 'landmarks.csv', landmarksOf(await writeSubjects(few, 3, 2)))
    const { evaluation } = await evaluator.calibrateModel({ ...good, dataUri: few })
    const ended = await watch(evaluation?.name ?? '')
    expect(ended).toMatchObject({ state: JobState.FAILED, error: { reason: 'CALIBRATION_DATA_INSUFFICIENT' } })
  })
})

it('tells the calibration with the model', async () => {
  const { embedder } = stack.clients
  // The other model of the package has none yet, or one of its own.
  const other = await embedder.getModel({ name: 'models/crossres' })
  expect(other.model?.calibration === CalibrationState.CALIBRATED).toBe(other.scoreCalibration !== undefined)
  const { model, scoreCalibration } = await embedder.getModel({ name: calibrated })
  expect(model?.calibration).toBe(CalibrationState.CALIBRATED)
  expect(scoreCalibration?.dataset).toBe('made by hand')
  expect(scoreCalibration?.bands[0]?.falseMatchRates).toHaveLength(4)
})
