import type { TrainingProgress } from '../../../../gen/crossres/v1/trainer.js'

/** Progress with every field set. */
export function anyProgress(step: number, totalSteps: number): TrainingProgress {
  return {
    step: BigInt(step),
    totalSteps: BigInt(totalSteps),
    imagesSeen: BigInt(step * 4),
    imagesPerSecond: 12.5,
    eta: { seconds: BigInt(totalSteps - step), nanos: 500_000_000 },
    dataWaitShare: 0.25,
    learningRate: 1e-3,
    degradationProbability: 0.5,
    losses: { total: 1 / step, teacher: 0.5 },
    validation: { step: 1n, tar: { 24: 0.5, full: 0.9 }, score: 1.4 },
    best: undefined,
    skippedImages: 0n,
  }
}
