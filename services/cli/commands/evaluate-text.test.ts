import { expect, it } from 'vitest'
import type { EvaluationResult } from '../../evaluator/evaluation/evaluation-result.js'
import { evaluationText } from './evaluate-text.js'

const [BASE, MINE] = ['models/base/versions/0123456789ab', 'models/mine/versions/ba9876543210']
const tar = (value: number) =>
  ({ metric: 'tar_at_far', parameter: 0.001, value, low: value - 0.02, high: value + 0.01, count: 300 }) as const
const sharp = { probe: 0, gallery: 0 }
const small = { probe: 16, gallery: 0 }

const result: EvaluationResult = {
  software: '1.2.3',
  spec: {
    protocol: 'lfw',
    folder: '/lfw',
    models: [BASE, MINE],
    resolutions: [16, 0],
    side: 'probe',
    faces: 'largest',
    routing: true,
    seed: 0,
    replicates: 100,
  },
  protocols: [{ name: 'lfw', kind: 'verification', images: 7_701, templates: 7_701, comparisons: 6_000 }],
  dataset: '',
  models: [
    { version: BASE, failed: [] },
    { version: MINE, failed: [{ image: 'a/b.jpg', reason: 'FACE_NOT_FOUND' }] },
  ],
  rows: [
    { protocol: 'lfw', condition: small, model: BASE, figures: [tar(0.2)] },
    { protocol: 'lfw', condition: small, model: MINE, figures: [tar(0.5)] },
    { protocol: 'lfw', condition: sharp, model: BASE, figures: [tar(0.9)] },
    { protocol: 'lfw', condition: sharp, model: MINE, figures: [tar(0.89)] },
  ],
  differences: [
    {
      protocol: 'lfw',
      condition: small,
      model: MINE,
      metric: 'tar_at_far',
      parameter: 0.001,
      value: 0.3,
      low: 0.25,
      high: 0.34,
    },
    {
      protocol: 'lfw',
      condition: sharp,
      model: MINE,
      metric: 'tar_at_far',
      parameter: 0.001,
      value: -0.01,
      low: -0.02,
      high: 0.005,
    },
  ],
}

it('puts models side by side, with what the second gains or loses', () => {
  expect(evaluationText(result)).toBe(
    [
      'lfw: 6000 comparisons of 7701 pictures, probe degraded, %',
      '                           Model                16 px              full',
      'TAR@FAR=0.001              base 012345          20.0 (18.0-21.0)   90.0 (88.0-91.0)',
      'TAR@FAR=0.001              mine ba9876          50.0 (48.0-51.0)   89.0 (87.0-90.0)',
      'TAR@FAR=0.001, difference  mine ba9876 - first  +30.0 (25.0-34.0)  -1.0 (-2.0 to 0.5)',
      '',
      'mine ba9876: 1 picture could not be embedded: counted as misses, e.g. a/b.jpg (FACE_NOT_FOUND).',
    ].join('\n'),
  )
})

it('names both resolutions of a matrix', () => {
  const matrix = { ...result, spec: { ...result.spec, side: 'matrix' as const } }
  expect(evaluationText(matrix)).toMatch(/^ +Model +16 : full +full : full$/m)
})
