import { join } from 'node:path'
import type { EvaluationProgress } from '../../../gen/crossres/v1/evaluator.js'
import { locateDataset } from '../../../libs/dataset/locate-dataset.js'
import type { JobSurroundings } from '../../../libs/jobs/serve-job.js'
import { createThrottle } from '../../../libs/jobs/throttle.js'
import { openObjectStore } from '../../../libs/objects/open-object-store.js'
import { evaluate } from '../evaluation/evaluation-runner.js'
import { resultDocument } from '../evaluation/result-document.js'
import type { EvaluationProgress as Progress } from '../evaluation/run-evaluation.js'
import type { EvaluationAssignment, EvaluationOutcome, EvaluationSaid } from './evaluation-assignment.js'
import { resultKey, toMetrics } from './messages.js'

const PROGRESS_MS = 250

/**
 * Evaluates, and keeps scores and figures below `evaluations/{id}/` in the object store.
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
    const result = await evaluate(
      { ...settings, objects },
      { ...spec, folder },
      {
        signal,
        report: (now) => progress.offer(toProgress(now, clock.secondsLeft(now))),
        storeScores: async (name, body) => void (await objects.put(`evaluations/${spec.id}/scores/${name}`, body)),
      },
    )
    const document = resultDocument({ ...result, spec })
    await objects.put(resultKey(spec.id), Buffer.from(`${JSON.stringify(document, null, 2)}\n`))
    return toMetrics(result)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    progress.flush()
  }
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
