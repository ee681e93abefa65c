import type { Training } from '../../../gen/crossres/v1/trainer.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import { readMetrics } from '../run/metrics-log.js'
import { trainingId } from '../runs/messages.js'
import { trainingPage } from './training-page.js'

/** @returns the key of a run's page */
export const trainingPageKey = (id: string) => `trainings/${id}/report.html`

/** @returns the page of a run with its metrics in the object store so far */
export async function makeTrainingPage({ objects }: { objects: ObjectStore }, training: Training): Promise<string> {
  return trainingPage(training, await readMetrics(objects, trainingId(training.name)))
}

/**
 * Puts the page of a run beside its metrics.
 * @returns its key, `trainings/{id}/report.html`
 * @throws DomainError STORAGE_FULL
 */
export async function writeTrainingPage(deps: { objects: ObjectStore }, training: Training): Promise<string> {
  const key = trainingPageKey(trainingId(training.name))
  await deps.objects.put(key, Buffer.from(await makeTrainingPage(deps, training)))
  return key
}
