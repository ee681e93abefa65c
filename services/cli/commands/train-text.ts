import { JobState } from '../../../gen/crossres/v1/common.js'
import type { Training, TrainingProgress, TrainingValidation } from '../../../gen/crossres/v1/trainer.js'
import { durationText } from '../../../libs/report/duration.js'
import { jobStateName, trainingMethodName } from '../enum-names.js'
import { table } from '../output.js'
import { lastSegment } from '../resource-names.js'

/** @returns whether nothing more happens to a training by itself */
export const hasEnded = ({ state }: Training) => state !== JobState.QUEUED && state !== JobState.RUNNING

/** @returns a training as --json prints it */
export function trainingDocument(training: Training) {
  const { config, progress, error } = training
  return {
    name: training.name,
    state: jobStateName(training.state),
    method: config ? trainingMethodName(config.method) : null,
    preset: config?.preset ?? null,
    base: config?.baseModel ?? null,
    teacher: config?.teacherModel ?? null,
    data: config?.dataUri ?? null,
    landmarks: config?.landmarksUri || null,
    seed: config?.seed ?? null,
    settings: config?.settings ?? {},
    result: training.resultVersion || null,
    progress: progress ? progressDocument(progress) : null,
    checkpointStep: training.checkpointStep,
    error: error ? { reason: error.reason, message: error.message } : null,
    createTime: training.createTime?.toISOString() ?? null,
    startTime: training.startTime?.toISOString() ?? null,
    endTime: training.endTime?.toISOString() ?? null,
  }
}

function progressDocument({ eta, validation, best, ...figures }: TrainingProgress) {
  return {
    ...figures,
    etaSeconds: eta ? Number(eta.seconds) : null,
    validation: validation ?? null,
    best: best ?? null,
  }
}

/** @returns one line of what a training at work does */
export function progressText(progress: TrainingProgress): string {
  const { imagesPerSecond, eta, losses, learningRate, degradationProbability, dataWaitShare } = progress
  const { total, gradientNorm: _, ...parts } = losses
  const named = Object.entries(parts).map(([name, value]) => `${name} ${value.toPrecision(3)}`)
  const detail = named.length > 1 ? ` (${named.join(', ')})` : ''
  return [
    // Not known before the second step.
    ...(imagesPerSecond > 0 ? [`${imagesPerSecond.toPrecision(3)} images/s`] : []),
    ...(eta ? [`${durationText(Number(eta.seconds))} left`] : []),
    ...(total === undefined ? [] : [`loss ${total.toPrecision(4)}${detail}`]),
    `rate ${learningRate.toExponential(1)}`,
    `degraded ${percent(degradationProbability, 0)}`,
    `waiting ${percent(dataWaitShare, 0)}`,
  ].join(', ')
}

/** @returns "24 px 81.2 %, full 97.0 % after step 750" */
export function validationText({ step, tar }: TrainingValidation): string {
  const figures = Object.entries(tar).map(([resolution, value]) => `${resolutionText(resolution)} ${percent(value, 1)}`)
  return `${figures.join(', ')} after step ${step}`
}

const resolutionText = (resolution: string) => (/^\d+$/.test(resolution) ? `${resolution} px` : resolution)
const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`

/** @returns a table of trainings */
export function listText(trainings: readonly Training[]): string {
  if (trainings.length === 0) return 'There are no trainings yet: `crossres train --data FOLDER` begins one.'
  const tar = (training: Training, resolution: string) => {
    const value = training.progress?.best?.tar[resolution]
    return value === undefined ? '' : percent(value, 1)
  }
  return table(
    ['Training', 'State', 'Method', 'Step', '24 px', 'Full', 'Result'],
    trainings.map((training) => [
      lastSegment(training.name),
      jobStateName(training.state),
      training.config ? trainingMethodName(training.config.method) : '',
      training.progress ? `${training.progress.step}/${training.progress.totalSteps}` : '',
      tar(training, '24'),
      tar(training, 'full'),
      training.resultVersion,
    ]),
  )
}

/** @returns all that is told of one training */
export function trainingText(training: Training): string {
  const { config, progress, error, checkpointStep } = training
  const facts: [string, string][] = [
    ['Name', training.name],
    ['State', jobStateName(training.state)],
    ['Method', config ? `${trainingMethodName(config.method)}, preset ${config.preset}, seed ${config.seed}` : ''],
    ['Base', config?.baseModel ?? ''],
    ['Teacher', config?.teacherModel ?? ''],
    ['Data', config?.dataUri ?? ''],
    ['Landmarks', config?.landmarksUri ?? ''],
    ['Step', progress ? `${progress.step} of ${progress.totalSteps}` : 'not begun'],
    ['Now', progress && !hasEnded(training) ? progressText(progress) : ''],
    ['Validation', progress?.validation ? `TAR at FAR 1e-2: ${validationText(progress.validation)}` : ''],
    ['Best', progress?.best ? `TAR at FAR 1e-2: ${validationText(progress.best)}` : ''],
    ['Left out', progress && progress.skippedImages > 0n ? `${progress.skippedImages} images that cannot be read` : ''],
    ['Checkpoint', checkpointStep > 0n ? `after step ${checkpointStep}` : ''],
    ['Result', training.resultVersion],
    ['Error', error ? `${error.message} (${error.reason})` : ''],
  ]
  return facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(12)}${value}`)
    .join('\n')
}
