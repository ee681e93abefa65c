import { DomainError } from '../../../libs/config/domain-error.js'
import { type Batch, createBatchLoader } from '../../../libs/dataset/loader/loader.js'
import { pixelTensor } from '../../../libs/dataset/loader/pixels.js'
import { createModelRegistry } from '../../../libs/models/model-registry.js'
import { createRandom } from '../../../libs/random/random.js'
import { createCheckpointStore } from '../checkpoint/checkpoint-store.js'
import { drawsFrom } from '../data/draws.js'
import type { TrainingSettings } from '../scheme/config.js'
import { TRAITS } from '../scheme/methods.js'
import type { MicroBatch } from '../scheme/train-step.js'
import { validate } from '../validation/validate.js'
import { createDivergenceGuard } from './divergence.js'
import { fitHead } from './fit-head.js'
import { createLearner } from './learner.js'
import { openMetricsLog } from './metrics-log.js'
import { loadNetworks } from './networks.js'
import { openRunData } from './open-data.js'
import { createTimetable, type Position } from './position.js'
import { progressMessage } from './progress-message.js'
import type { RunTraining } from './run-types.js'
import { createSpeedMeter } from './speed-meter.js'
import { storeResult } from './store-result.js'

/** See RunTraining. */
export const runTraining: RunTraining = async (deps, spec, { signal, progressed, checkpointStored }) => {
  const { tf, objects, loaderThreads, checkpointSeconds = Number.POSITIVE_INFINITY } = deps
  const { settings, id } = spec
  const { labels, teacher } = TRAITS[settings.method]
  const registry = createModelRegistry({ objects })
  const store = createCheckpointStore(objects, id)
  const timetable = createTimetable(settings)
  const { totalSteps } = timetable

  const data = await openRunData(deps, spec)
  expectSubjects(settings, data.subjects.length)
  const networks = await loadNetworks(tf, registry, spec)
  const { card } = networks.base
  const random = createRandom(BigInt(settings.seed))
  const learner = createLearner(tf, networks, settings, data.subjects.length, random)
  const loader = createBatchLoader({ folder: data.folder, preparation: card, threads: loaderThreads })
  const validator = { tf, folder: data.folder, items: data.validation, card, threads: 1, batch: settings.microBatch }
  const labelOf = new Map(data.subjects.map((subject, label) => [subject, label]))
  const meter = createSpeedMeter(() => performance.now())
  const told = (position: Position) => progressMessage({ settings, timetable, meter, loader }, position)
  const guard = createDivergenceGuard(chanceLoss(settings, data.subjects.length))

  try {
    let at = await begin()
    const metrics = await openMetricsLog(objects, id, at.step)
    if (at.step === 0 && at.best === null) at = await measure(at)

    let stored = { step: at.step, at: performance.now() }
    let waiting: Batch[] = []
    const perStep = settings.batch / settings.microBatch
    const draws = drawsFrom(at.step, { items: data.training, settings, preparation: card, totalSteps })
    const batches = loader.batches(draws, {
      size: settings.microBatch,
      views: teacher ? 2 : 1,
      prefetch: 2 * perStep,
    })
    while (at.step < totalSteps && !signal.aborted) {
      const { value: batch, done } = await batches.next()
      if (done) break
      waiting.push(batch)
      if (waiting.length < perStep) continue
      at = take(waiting, at)
      waiting = []

      const validates = timetable.validates(at.step)
      if (validates) at = await measure(at)
      if (validates || performance.now() - stored.at > checkpointSeconds * 1000) {
        await save(at)
        stored = { step: at.step, at: performance.now() }
      }
    }
    await batches.return()
    if (at.step > stored.step) await save(at)
    if (at.step < totalSteps) return {}

    learner.setWeights(await store.best(at.best?.step ?? totalSteps))
    learner.base.interpolate(settings.interpolation)
    return { resultVersion: await storeResult(registry, networks, { spec, data, best: at.best }) }

    /** One step of the optimizer. */
    function take(micro: readonly Batch[], before: Position): Position {
      const { step } = before
      const rate = timetable.rate(before)
      const shown = micro.filter(({ draws }) => draws.length > 0)
      const images = shown.reduce((sum, { draws }) => sum + draws.length, 0)
      // Where nothing of a step could be read there is nothing to learn: it is passed over.
      const losses = images > 0 ? learner.step(shown.map(toMicroBatch), { step, rate }) : {}
      if (images > 0) guard(step, losses.total ?? Number.NaN)
      meter.add(images, losses)
      const after = timetable.afterStep(before, losses.total)
      const progress = told(after)
      metrics.add({
        step: after.step,
        images: after.step * settings.batch,
        rate,
        share: progress.degradationProbability,
        losses,
        imagesPerSecond: progress.imagesPerSecond,
        dataWaitShare: progress.dataWaitShare,
      })
      progressed(progress)
      return after
    }

    /**
     * Validates what would be the result, keeps the weights that made the best one, and lets the plateau schedule have its say.
     */
    async function measure(before: Position): Promise<Position> {
      const weights = learner.weights()
      learner.base.interpolate(settings.interpolation)
      const found = await validate(validator, networks.student)
      learner.setWeights(weights)
      const validation = found && { ...found, step: before.step }
      // Without faces to validate on, the last weights are the best there are.
      const better = !validation || !before.best || validation.score > before.best.score
      if (better) await store.saveBest(before.step, weights)
      if (validation) metrics.add({ step: before.step, validation: { ...validation, best: better } })
      const after = timetable.afterValidation(before, validation, better ? validation : before.best)
      progressed(told(after))
      return after
    }

    async function save(position: Position): Promise<void> {
      await metrics.store()
      const key = await store.save(position.step, {
        tensors: learner.state(),
        metadata: { position: JSON.stringify(position) },
      })
      await store.keepBest(position.best?.step ?? position.step)
      checkpointStored(position.step, key)
    }
  } finally {
    await loader.close()
    learner.dispose()
    networks.dispose()
  }

  /** The newest checkpoint, or the start. */
  async function begin(): Promise<Position> {
    const { fingerprint } = data
    const found = await store.newest()
    if (found) {
      const position = JSON.parse(found.metadata.position ?? '{}') as Position
      if (position.fingerprint !== fingerprint) throw datasetChanged(spec.dataUri)
      learner.restore(found.tensors)
      return position
    }
    const { head } = learner
    if (head && settings.headWarmStart) {
      const { student } = networks
      await fitHead({ tf, student, head, loader, data, card, batch: settings.microBatch, random })
    }
    return timetable.start(fingerprint)
  }

  function toMicroBatch({ draws, pixels }: Batch): MicroBatch {
    const seen = pixels.map((view) => pixelTensor(view, card.input))
    return {
      images: seen.at(-1)!,
      ...(teacher ? { teacherImages: seen[0]! } : {}),
      ...(labels ? { labels: Int32Array.from(draws, ({ item }) => labelOf.get(item.subject ?? '') ?? 0) } : {}),
    }
  }
}

/** What guessing costs: a head that knows no subject, or a feature that is like no other. */
function chanceLoss({ method, contrastWeight, batch, bankSize }: TrainingSettings, subjects: number): number {
  return TRAITS[method].labels ? Math.log(Math.max(2, subjects)) : 2 + contrastWeight * Math.log(batch + bankSize)
}

function expectSubjects({ method }: TrainingSettings, subjects: number): void {
  if (!TRAITS[method].labels || subjects >= 2) return
  throw new DomainError(
    'TRAINING_LABELS_MISSING',
    `The method ${method} learns to tell subjects apart, and the faces have ${subjects === 1 ? 'only one' : 'no'} subject. Give a folder of subject folders, or use the method crossres.`,
  )
}

function datasetChanged(uri: string): DomainError {
  return new DomainError(
    'DATASET_CHANGED',
    `The faces in ${uri} are not those that this training was begun with: bring them back, or start a new training.`,
    { data: uri },
  )
}
