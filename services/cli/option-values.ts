import { InvalidArgumentError } from 'commander'
import { type DecisionTarget, FaceSelection } from '../../gen/crossres/v1/common.js'
import { UsageError } from './failure.js'

/** Values of --faces. */
export const FACES = {
  largest: FaceSelection.LARGEST,
  all: FaceSelection.ALL,
  whole: FaceSelection.WHOLE_IMAGE,
} as const

/** @returns a parser for commander of integers from `least` to `most` */
export function integer(least: number, most = 2 ** 31): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(
        `It is an integer of at least ${least}${most < 2 ** 31 ? ` and at most ${most}` : ''}.`,
      )
    }
    return value
  }
}

/** @returns a parser for commander of numbers within a closed interval */
export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It is a number from ${least} to ${most}.`)
    }
    return value
  }
}

/** Parses a rate, above 0 and below 1. */
export function rate(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It is a rate above 0 and below 1, e.g. 0.01 or 1e-3.')
  return value
}

/** Parses rates with commas between. */
export function rates(text: string): readonly number[] {
  return text.split(',').map(rate)
}

/**
 * @returns what a decision is held to; undefined where no option states it
 * @throws UsageError where two options state it
 */
export function decisionTarget(options: {
  readonly threshold?: number
  readonly fpir?: number
  readonly fmr?: number
}): DecisionTarget | undefined {
  const { threshold, fpir, fmr } = options
  const stated = [threshold, fpir, fmr].filter((value) => value !== undefined)
  if (stated.length > 1)
    throw new UsageError('State one of --threshold, --fpir and --fmr: a decision is held to one target.')
  if (threshold !== undefined) return { target: { $case: 'scoreThreshold', value: threshold } }
  if (fpir !== undefined) return { target: { $case: 'targetFpir', value: fpir } }
  if (fmr !== undefined) return { target: { $case: 'targetFmr', value: fmr } }
  return undefined
}
