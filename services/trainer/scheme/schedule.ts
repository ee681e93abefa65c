/** When a plateau is one, and what follows. */
export interface PlateauOptions {
  /** The rate to start with. */
  readonly rate: number
  /** What the rate is divided by on a plateau, > 1. */
  readonly factor: number
  /** How many measurements in a row may bring nothing; the next one that brings nothing lowers the rate. */
  readonly patience: number
  /** How much lower a loss must be than the best before to count as better. */
  readonly threshold: number
  /** Whether `threshold` is a share of the best loss or a difference to it. */
  readonly thresholdMode: 'relative' | 'absolute'
  /** The rate never falls below. */
  readonly minRate: number
}

/** Where a plateau schedule stands; fit for JSON. */
export interface PlateauState {
  readonly rate: number
  /** The best loss so far; null before the first measurement. */
  readonly best: number | null
  /** Measurements in a row that brought nothing. */
  readonly idle: number
}

/**
 * Takes one measurement of the loss: the rate is divided whenever the loss has stopped falling.
 * Source: the paper, section 5 ("by a factor 5 every time the loss reached a plateau"); what a plateau is, as
 * torch.optim.lr_scheduler.ReduceLROnPlateau has it (mode "min"), which its published code uses.
 *
 * @param state what the measurement before returned, or `startPlateau`
 * @param loss finite
 */
export function afterMeasurement(options: PlateauOptions, state: PlateauState, loss: number): PlateauState {
  const { best, rate } = state
  if (best === null || loss < barOf(options, best)) return { rate, best: loss, idle: 0 }
  const idle = state.idle + 1
  if (idle <= options.patience) return { rate, best, idle }
  return { rate: Math.max(rate / options.factor, options.minRate), best, idle: 0 }
}

/** @returns the state before the first measurement */
export const startPlateau = ({ rate }: PlateauOptions): PlateauState => ({ rate, best: null, idle: 0 })

function barOf({ threshold, thresholdMode }: PlateauOptions, best: number): number {
  return thresholdMode === 'relative' ? best - threshold * Math.abs(best) : best - threshold
}

/**
 * A rate that rises linearly during the warm-up and then falls along half a cosine to 0.
 * Source: I. Loshchilov, F. Hutter, "SGDR" (2017), equation 5, without restarts; warm-up: P. Goyal et al. (2017), section 2.2.
 *
 * @param peak the rate after the warm-up
 * @param warmUpSteps how many steps rise, >= 0
 * @param totalSteps of the training
 * @param step from 0
 * @returns the rate of the step, in (0, peak]
 */
export function cosineRate(peak: number, warmUpSteps: number, totalSteps: number, step: number): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps
  const progress = (step - warmUpSteps) / Math.max(1, totalSteps - warmUpSteps)
  return (peak * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2
}
