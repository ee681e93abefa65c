import { expect, it } from 'vitest'
import { JobState } from '../../../gen/crossres/v1/common.js'
import { type Training, TrainingMethod, type TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { listText, progressText, trainingText } from './train-text.js'

const PROGRESS: TrainingProgress = {
  step: 40n,
  totalSteps: 1000n,
  imagesSeen: 2560n,
  imagesPerSecond: 21.53,
  eta: { seconds: 3900n, nanos: 0 },
  dataWaitShare: 0.031,
  learningRate: 0.0006,
  degradationProbability: 0.5,
  losses: { classification: 5.4321, teacher: 0.123, total: 5.4444, gradientNorm: 12 },
  validation: { step: 40n, tar: { '24': 0.5, full: 0.95 }, score: 0.725 },
  best: { step: 20n, tar: { '24': 0.6125, full: 0.94 }, score: 0.776 },
  skippedImages: 2n,
}

const TRAINING: Training = {
  name: 'trainings/night-1',
  config: {
    method: TrainingMethod.HEAD_ONLY,
    baseModel: 'models/base/versions/0123456789ab',
    teacherModel: '',
    dataUri: '/faces',
    landmarksUri: '',
    preset: 'paper',
    settings: {},
    seed: 3n,
    resultModel: 'models/mine',
  },
  state: JobState.RUNNING,
  progress: PROGRESS,
  error: undefined,
  resultVersion: '',
  checkpointStep: 20n,
  createTime: undefined,
  startTime: undefined,
  endTime: undefined,
}

it('says in one line what a training does, what matters most first', () => {
  expect(progressText(PROGRESS)).toBe(
    '21.5 images/s, 1 h 5 min left, loss 5.444 (classification 5.43, teacher 0.123), rate 6.0e-4, degraded 50 %, waiting 3 %',
  )
  const begun = { ...PROGRESS, imagesPerSecond: 0, eta: undefined, losses: {} }
  expect(progressText(begun)).toBe('rate 6.0e-4, degraded 50 %, waiting 3 %')
})

it('lists the best validation of each training', () => {
  expect(listText([TRAINING]).split('\n')[1]).toMatch(/^night-1 +RUNNING +head-only +40\/1000 +61\.3 % +94\.0 %$/)
  expect(listText([])).toContain('crossres train --data')
})

it('tells of one training what there is to tell', () => {
  const lines = trainingText(TRAINING).split('\n')
  expect(lines).toContain('Method      head-only, preset paper, seed 3')
  expect(lines).toContain('Best        TAR at FAR 1e-2: 24 px 61.3 %, full 94.0 % after step 20')
  expect(lines).toContain('Left out    2 images that cannot be read')
  expect(lines.some((line) => /^(Error|Result|Landmarks|Teacher)/.test(line))).toBe(false)
  const error = { code: 3, reason: 'DATASET_EMPTY', message: 'No faces.', metadata: {} }
  const failed = trainingText({ ...TRAINING, state: JobState.FAILED, error })
  expect(failed).toMatch(/^Error {7}No faces\. \(DATASET_EMPTY\)$/m)
  // It does nothing any more.
  expect(failed).not.toMatch(/^Now /m)
})
