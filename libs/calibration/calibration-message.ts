import type { ScoreCalibration } from '../../gen/crossres/v1/embedder.js'
import type { Calibration } from '../models/model-card.js'

/** @returns a card's calibration as it travels */
export function toCalibrationMessage({ bands, dataset }: Calibration): ScoreCalibration {
  return {
    bands: bands.map(({ resolution, curve, misses, impostors, mated }) => ({
      resolution,
      falseMatchRates: curve.map(({ score, fmr }) => ({ score, rate: fmr })),
      falseNonMatchRates: misses.map(({ score, fnmr }) => ({ score, rate: fnmr })),
      nonMatedCount: BigInt(impostors),
      matedCount: BigInt(mated ?? 0),
    })),
    dataset,
  }
}

/** @returns what a message holds, as a card has it */
export function fromCalibrationMessage({ bands, dataset }: ScoreCalibration): Calibration {
  return {
    bands: bands.map(({ resolution, falseMatchRates, falseNonMatchRates, nonMatedCount, matedCount }) => ({
      resolution,
      curve: falseMatchRates.map(({ score, rate }) => ({ score, fmr: rate })),
      misses: falseNonMatchRates.map(({ score, rate }) => ({ score, fnmr: rate })),
      impostors: Number(nonMatedCount),
      mated: Number(matedCount),
    })),
    dataset,
  }
}
