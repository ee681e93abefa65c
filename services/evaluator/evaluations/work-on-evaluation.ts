import { join } from 'node:path'
import type { EvaluationProgress } from '../../../gen/crossres/v1/evaluator.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import { softwareVersion } from '../../../libs/config/software-version.js'
import { locateDataset } from '../../../libs/dataset/locate-dataset.js'
import type { JobSurroundings } from '../../../libs/jobs/serve-job.js'
import { createThrottle } from '../../../libs/jobs/throttle.js'
import { openObjectStore } from '../../../libs/objects/open-object-store.js'
import { calibrationDocument } from '../calibration/calibration-document.js'
import { calibrate } from '../calibration/calibration-runner.js'
import { DEFAULT_CHECK_SHARE } from '../calibration/calibration-spec.js'
import { type EvaluationRunnerDeps, evaluate } from '../evaluation/evaluation-runner.js'
import { resultDocument } from '../evaluation/result-document.js'
import { createFaceLocator } from '../faces/face-locator.js'
import { makeReport } from '../report/make-report.js'
import { objectSource } from '../report/report-sources.js'
import { openThumbnails } from '../report/thumbnails.js'
import type { EvaluationAssignment, EvaluationEnd, EvaluationOutcome, EvaluationSaid } from './evaluation-assignment.js'
import type { EvaluationJobSpec } from './evaluation-record.js'
import { pageKey, resultKey, toCalibrationMetrics, toMetrics } from './messages.js'

const PROGRESS_MS = 250

/** How far a job is; `model` is empty where all models, or the only one, are at work. */
interface Progress {
  readonly phase: string
  readonly model: string
  readonly done: number
  readonly total: number
  readonly failed: number
}

/**
 * Evaluates or calibrates, and keeps scores and figures below `evaluations/{id}/` in the object store.
 * @returns the figures; undefined where the signal stopped it
 */
export async function workOnEvaluation(
  { spec, store, ...settings }: EvaluationAssignment,
  { say, signal }: JobSurroundings<EvaluationSaid>,
): Promise<EvaluationOutcome> {
  const objects = await openObjectStore(store, `evaluation-${spec.id}`)
  const clock = createEtaClock(() => performance.now())
  const progress = createThrottle<EvaluationSaid>(PROGRESS_MS, () => performance.now(), say)
  try {
    const folder = await locateDataset({ objects, cacheFolder: join(settings.cacheFolder, 'datasets') }, spec.folder)
    const report = (now: Progress) => progress.offer(toProgress(now, clock.secondsLeft(now)))
    const work = spec.calibration ? workOnCalibration : workOnFigures
    const keep: Keep = async (document) => {
      await objects.put(resultKey(spec.id), Buffer.from(`${JSON.stringify(document, null, 2)}\n`))
    }
    return await work({ ...settings, objects }, { ...spec, folder, dataUri: spec.folder }, { signal, report }, keep)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    progress.flush()
  }
}

/** Keeps the figures of a job. */
type Keep = (document: object) => Promise<void>

/** Who stops a job, and who hears of it. */
interface JobRun {
  readonly signal: AbortSignal
  report(progress: Progress): void
}

async function workOnFigures(
  deps: EvaluationRunnerDeps,
  spec: EvaluationJobSpec,
  run: JobRun,
  keep: Keep,
): Promise<EvaluationEnd> {
  const result = await evaluate(deps, spec, {
    ...run,
    storeScores: async (name, body) => void (await deps.objects.put(`evaluations/${spec.id}/scores/${name}`, body)),
  })
  // Kept first: the figures took hours, and the page can be drawn again from them.
  const document = resultDocument(result)
  await keep(document)
  run.report({ phase: 'Drawing the page', model: '', done: 0, total: 1, failed: result.models[0]?.failed.length ?? 0 })
  const noPage = await drawPage(deps, spec, run.signal, JSON.stringify(document))
  return { metrics: toMetrics(result), ...(noPage ? { noPage } : {}) }
}

/** @returns why there is no page; undefined: there is one */
async function drawPage(
  deps: EvaluationRunnerDeps,
  { id, protocol, folder, seed, faces, thumbnails }: EvaluationJobSpec,
  signal: AbortSignal,
  document: string,
): Promise<EvaluationEnd['noPage']> {
  const locator = createFaceLocator(deps)
  const open = () => openThumbnails(locator, { protocol, folder, seed, faces, signal })
  try {
    const making = { version: softwareVersion(), time: new Date() }
    const source = objectSource(deps.objects, `evaluations/${id}`, document)
    const { html } = await makeReport([source], making, thumbnails ? open : undefined)
    await deps.objects.put(pageKey(id), Buffer.from(html))
    return undefined
  } catch (error) {
    if (signal.aborted) throw error
    const kept = 'The figures are kept, but their page could not be drawn'
    if (error instanceof DomainError) return { warning: `${kept}: ${error.message} (${error.reason})` }
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { warning: `${kept}; the log of the service says why.`, cause }
  } finally {
    await locator.close()
  }
}

async function workOnCalibration(
  deps: EvaluationRunnerDeps,
  spec: EvaluationJobSpec,
  run: JobRun,
  keep: Keep,
): Promise<EvaluationEnd> {
  const { folder, faces, seed, replicates, resolutions, models, calibration } = spec
  const { checkShare = DEFAULT_CHECK_SHARE } = calibration ?? {}
  const [model = ''] = models
  const result = await calibrate(
    deps,
    { model, folder, faces, bands: resolutions, checkShare, seed, replicates },
    { ...run, report: (progress) => run.report({ ...progress, model: '' }) },
  )
  await keep(calibrationDocument(result))
  return { metrics: toCalibrationMetrics(result) }
}

function toProgress(
  { phase, model, done, total, failed }: Progress,
  secondsLeft: number | undefined,
): EvaluationProgress {
  return {
    phase: model === '' ? phase : `${phase} (${model})`,
    done: BigInt(done),
    total: BigInt(total),
    eta: secondsLeft === undefined ? undefined : { seconds: BigInt(Math.round(secondsLeft)), nanos: 0 },
    failedExtractions: BigInt(failed),
    // A page that cannot be drawn shows when all else is done: see toEvaluation.
    warning: '',
  }
}

/** Tells the time that is left of a phase from the time it has taken so far. */
function createEtaClock(now: () => number) {
  let label = ''
  let from = { time: 0, done: 0 }
  return {
    secondsLeft({ phase, model, done, total }: Progress): number | undefined {
      if (`${phase} ${model}` !== label) {
        label = `${phase} ${model}`
        from = { time: now(), done }
      }
      if (done === from.done) return undefined
      return ((now() - from.time) / 1_000 / (done - from.done)) * (total - done)
    },
  }
}
