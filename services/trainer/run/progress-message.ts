import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import type { BatchLoader } from '../../../libs/dataset/loader/loader.js'
import { curriculumOf } from '../data/draws.js'
import type { TrainingSettings } from '../scheme/config.js'
import { degradedShare } from '../scheme/curriculum.js'
import type { Position, StepValidation, Timetable } from './position.js'
import type { SpeedMeter } from './speed-meter.js'

/** What progress is told from. */
export interface ProgressSources {
  readonly settings: TrainingSettings
  readonly timetable: Timetable
  readonly meter: SpeedMeter
  readonly loader: Pick<BatchLoader, 'waitShare' | 'skipped'>
}

/** @returns how far a training is */
export function progressMessage(
  { settings, timetable, meter, loader }: ProgressSources,
  position: Position,
): TrainingProgress {
  const { step, validation, best } = position
  const { totalSteps } = timetable
  const { batch } = settings
  const speed = meter.imagesPerSecond()
  const secondsLeft = speed > 0 ? Math.round(((totalSteps - step) * batch) / speed) : 0
  const last = Math.max(0, step - 1)
  return {
    step: BigInt(step),
    totalSteps: BigInt(totalSteps),
    imagesSeen: BigInt(step * batch),
    imagesPerSecond: speed,
    eta: speed > 0 ? { seconds: BigInt(secondsLeft), nanos: 0 } : undefined,
    dataWaitShare: loader.waitShare(),
    learningRate: timetable.rate({ ...position, step: last }),
    degradationProbability: degradedShare(curriculumOf(settings), { step: last, totalSteps, images: last * batch }),
    losses: meter.losses(),
    validation: validation ? validationMessage(validation) : undefined,
    best: best ? validationMessage(best) : undefined,
    skippedImages: BigInt(loader.skipped.count),
  }
}

const validationMessage = ({ step, tar, score }: StepValidation) => ({ step: BigInt(step), tar: { ...tar }, score })
