import type { TrainingSettings } from '../scheme/config.js'
import { afterMeasurement, cosineRate, type PlateauState, startPlateau } from '../scheme/schedule.js'
import type { Validation } from '../validation/validate.js'

/** A validation and the step that it was after. */
export type StepValidation = Validation & { readonly step: number }

/** Where a training stands besides its tensors; fit for JSON. */
export interface Position {
  /** Steps done. */
  readonly step: number
  readonly plateau: PlateauState
  /** Losses since the last validation. */
  readonly sum: number
  readonly count: number
  readonly validation: StepValidation | null
  readonly best: StepValidation | null
  /** Of the dataset it was begun with. */
  readonly fingerprint: string
}

/** When what is due in a training. */
export interface Timetable {
  readonly totalSteps: number
  /** @param fingerprint of the dataset */
  start(fingerprint: string): Position
  /** The learning rate of the step to come. */
  rate(position: Position): number
  /** Whether a validation follows the step just done. */
  validates(step: number): boolean
  /** After a step. @param loss undefined where nothing of the step could be read */
  afterStep(position: Position, loss: number | undefined): Position
  /** After a validation: the plateau schedule has its say on the losses since the last one. */
  afterValidation(position: Position, validation: StepValidation | null, best: StepValidation | null): Position
}

/** @returns the timetable that the settings mean */
export function createTimetable(settings: TrainingSettings): Timetable {
  const { batch, validationEvery, schedule, learningRate, warmUpSteps } = settings
  const totalSteps = Math.floor(settings.images / batch)
  const validationsUntil = (step: number) => Math.floor((step * batch) / validationEvery)
  const plateau = {
    rate: learningRate,
    factor: settings.plateauFactor,
    patience: settings.plateauPatience,
    threshold: settings.plateauThreshold,
    thresholdMode: settings.plateauThresholdMode,
    minRate: settings.lowestRate,
  }
  return {
    totalSteps,
    start: (fingerprint) => ({
      step: 0,
      plateau: startPlateau(plateau),
      sum: 0,
      count: 0,
      validation: null,
      best: null,
      fingerprint,
    }),
    rate: (position) =>
      schedule === 'plateau' ? position.plateau.rate : cosineRate(learningRate, warmUpSteps, totalSteps, position.step),
    validates: (step) => step === totalSteps || validationsUntil(step) > validationsUntil(step - 1),
    afterStep: (position, loss) => ({
      ...position,
      step: position.step + 1,
      sum: position.sum + (loss ?? 0),
      count: position.count + (loss === undefined ? 0 : 1),
    }),
    afterValidation(position, validation, best) {
      const { sum, count } = position
      const measured = count > 0 ? afterMeasurement(plateau, position.plateau, sum / count) : position.plateau
      return { ...position, plateau: measured, sum: 0, count: 0, validation, best }
    },
  }
}
