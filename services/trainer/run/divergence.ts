import { DomainError } from '../../../libs/config/domain-error.js'

/** The first losses show what is usual ... */
const FIRST_STEPS = 10
/** ... and a loss of so many times that, or so many times what guessing costs, will not come down again. */
const FACTOR = 100

/**
 * Looks after a loss that grows out of all bounds but is still a number.
 * @param chance the loss of guessing: what a hard start or a rising curriculum may well reach
 * @returns to be called with the loss of each step; throws DomainError TRAINING_DIVERGED
 */
export function createDivergenceGuard(chance: number): (step: number, loss: number) => void {
  let usual = chance
  let seen = 0
  return (step, loss) => {
    if (seen++ < FIRST_STEPS) {
      usual = Math.max(usual, loss)
      return
    }
    if (loss <= FACTOR * usual) return
    throw new DomainError(
      'TRAINING_DIVERGED',
      `The training diverged: the loss reached ${loss.toPrecision(3)} at step ${step}. Lower the learning rate and resume from the last checkpoint.`,
      { step: String(step), batch: '0', loss: 'total' },
    )
  }
}
