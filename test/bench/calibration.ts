import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { createOnnxRuntimeEngine } from '../../libs/engine/onnxruntime.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { ensureModels } from '../../services/cli/ensure-models.js'
import { createCalibrateModel } from '../../services/evaluator/calibration/calibrate-model.js'
import { ALL_BANDS, type CalibrationSpec } from '../../services/evaluator/calibration/calibration-spec.js'
import type { BandCheck, RealisedRate } from '../../services/evaluator/calibration/check-calibration.js'
import { createCollectScores } from '../../services/evaluator/calibration/collect-scores.js'
import { createFaceLocator } from '../../services/evaluator/faces/face-locator.js'
import { SHARED } from '../fixtures/shared-models.js'
import type { Bench, BenchRow } from './bench-row.js'
import { linkFaces } from './calibration-faces.js'
import { type Called, callStrangers } from './calibration-strangers.js'

const SOURCES = ['pins', 'celeba'].map((name) => join(SHARED, 'data', name))
const TARGETS = [1e-2, 1e-3]
/** Sizes of the strangers, and what searches for them are held to. */
const STRANGERS = [16, 32].map((resolution) => ({ resolution, fpir: 1e-2 }))

/**
 * Calibrates on some identities and measures on the others what the thresholds come to. CROSSRES_BENCH_MODELS names the models (with commas
 * between), CROSSRES_BENCH_SUBJECTS takes so many subjects of each data set only.
 */
export const bench: Bench = {
  name: 'calibration',
  async run(log) {
    const missing = SOURCES.find((source) => !existsSync(source))
    if (missing !== undefined) {
      log(`skipped: ${missing} is not there`)
      return []
    }
    const { CROSSRES_BENCH_MODELS: names = 'crossres,base', CROSSRES_BENCH_SUBJECTS: most = 'Infinity' } = process.env
    const folder = await mkdtemp(join(tmpdir(), 'crossres-bench-calibration-'))
    const [cache, threads] = [cacheFolder({}), availableParallelism()]
    const locator = createFaceLocator({ cacheFolder: cache, imageThreads: threads, maxPixels: 50_000_000 })
    try {
      const faces = join(folder, 'faces')
      await linkFaces(faces, SOURCES, Number(most))
      const objects = await createFolderObjectStore({ folder: join(folder, 'objects') })
      const models = names.split(',').map((name) => `models/${name}`)
      await ensureModels(objects, cache, models)
      const deps = {
        cacheFolder: cache,
        imageThreads: threads,
        locator,
        registry: createModelRegistry({ objects }),
        createEngine: (model: Uint8Array) => createOnnxRuntimeEngine({ model, threads }),
      }
      const rows: BenchRow[] = []
      for (const model of models) rows.push(...(await measure(deps, specOf(model, faces), log)))
      return rows
    } finally {
      await locator.close()
      await rm(folder, { recursive: true })
    }
  },
}

const specOf = (model: string, folder: string): CalibrationSpec => ({
  model,
  folder,
  faces: 'largest',
  bands: ALL_BANDS,
  checkShare: 0.4,
  seed: 1,
  replicates: 1_000,
})

type Deps = Parameters<typeof callStrangers>[0] & { readonly registry: ModelRegistry }

async function measure(deps: Deps, spec: CalibrationSpec, log: (line: string) => void): Promise<BenchRow[]> {
  const calibrate = createCalibrateModel({ registry: deps.registry, collectScores: createCollectScores(deps) })
  let phase = ''
  const { calibration, checks, checkSubjects } = await calibrate(spec, {
    signal: new AbortController().signal,
    report(progress) {
      if (progress.phase !== phase) log(`${spec.model}: ${progress.phase} ${progress.total}`)
      phase = progress.phase
    },
  })
  log(`${spec.model}: fitted on ${calibration.subjects} subjects, checked on ${checkSubjects} others`)
  const rows = checks.filter(({ target }) => TARGETS.includes(target)).flatMap((check) => rowsOf(spec.model, check))

  for (const search of STRANGERS) {
    const called = await callStrangers(deps, spec, calibration, search)
    rows.push(
      ...strangerRows(`${spec.model}, ${search.resolution} px, target FPIR ${search.fpir}`, called, search.fpir),
    )
  }
  return rows
}

/**
 * The peer is the threshold for the same target at full resolution. Where that calls fewer strangers it is too strict, and loses
 * mates: what counts is the target.
 */
function strangerRows(what: string, called: Called, fpir: number): BenchRow[] {
  const row = (name: string, ours: number, peer: number | null, bar: string, pass: boolean | null): BenchRow => {
    return { what: `${name}, ${what}`, ours, peer, unit: '', ratio: peer ? ours / peer : null, bar, pass }
  }
  const { strangers, calibrated, fixed, inconclusive, mates, matesCalibrated, matesFixed } = called
  const most = Math.round(fpir * strangers)
  return [
    row(`strangers called MATCH of ${strangers}`, calibrated, fixed, `<= ${most}`, calibrated <= most),
    row(`strangers called INCONCLUSIVE of ${strangers}`, inconclusive, null, '', null),
    row(`mates called MATCH of ${mates}`, matesCalibrated, matesFixed, '', null),
  ]
}

/** A target is met where the rate's own interval holds it. */
function rowsOf(model: string, { resolution, target, fmr, fpir, fnmr }: BandCheck): BenchRow[] {
  const row = (name: string, rate: RealisedRate, asked: boolean): BenchRow => ({
    what: `${name} at target ${target}, ${model}, ${resolution === 0 ? 'full' : `${resolution} px`}, of ${rate.count}`,
    ours: rate.value,
    peer: null,
    unit: '',
    ratio: null,
    bar: `${asked ? `${target} in ` : ''}${rate.low.toPrecision(2)} .. ${rate.high.toPrecision(2)}`,
    pass: asked && !Number.isNaN(rate.value) ? rate.low <= target && target <= rate.high : null,
  })
  return [row('FMR', fmr, true), row('FPIR', fpir, true), row('FNMR', fnmr, false)]
}
