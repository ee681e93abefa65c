import { expect, it } from 'vitest'
import { type Condition, conditionsOf, type DegradedSide } from '../measure/conditions.js'
import type { Figure } from '../measure/figure.js'
import type { EvaluationResult } from './evaluation-result.js'
import { figuresDocument, resultDocument } from './result-document.js'

const figure = (metric: Figure['metric'], parameter: number, value: number): Figure => {
  return { metric, parameter, value, low: value - 0.1, high: value + 0.1, count: 9 }
}

/** The figure tells the condition: gallery resolution in the tens. */
const codeOf = ({ probe, gallery }: Condition) => gallery * 100 + probe

function resultOf(side: DegradedSide): EvaluationResult {
  return {
    software: '1.2.3',
    spec: {
      protocol: 'lfw',
      folder: '/lfw',
      models: ['a'],
      resolutions: [8, 0],
      side,
      faces: 'largest',
      routing: true,
      seed: 0,
      replicates: 1,
    },
    protocols: [],
    dataset: '',
    models: [{ version: 'a', failed: [] }],
    rows: conditionsOf([8, 0], side).map((condition) => ({
      protocol: 'lfw',
      condition,
      model: 'a',
      figures: [figure('auc', 0, codeOf(condition))],
    })),
    differences: [],
  }
}

it.each([
  ['probe', { 8: 8, full: 0 }],
  ['gallery', { 8: 800, full: 0 }],
  ['both', { 8: 808, full: 0 }],
  ['matrix', { 8: 8, full: 0 }],
] as const)('names conditions by the degraded side: %s', (side, expected) => {
  const { resolutions } = resultDocument(resultOf(side))
  const codes = Object.entries(resolutions).map(([name, figures]) => [name, (figures.auc as Figure).value])
  expect(Object.fromEntries(codes)).toEqual(expected)
})

it('lets the first protocol with a figure speak', () => {
  const result = resultOf('probe')
  const other = result.rows.map((row) => ({
    ...row,
    protocol: 'open',
    figures: [figure('auc', 0, 0.123), figure('eer', 0, 0.5)],
  }))
  const { resolutions } = resultDocument({ ...result, rows: [...result.rows, ...other] })
  expect(resolutions.full).toMatchObject({ auc: { value: 0 }, eer: { value: 0.5 } })
})

it('has rates at their main target and at every target, ranks by name, and the CMC as a list', () => {
  const document = figuresDocument([
    figure('tar_at_far', 1e-4, 0.2),
    figure('tar_at_far', 1e-3, 0.4),
    figure('rank', 1, 0.6),
    figure('rank', 5, 0.8),
    figure('cmc', 1, 0.6),
    figure('cmc', 2, 0.7),
  ])
  const shown = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, count: 9 })
  expect(document).toEqual({
    tar_at_far: { target: 1e-3, ...shown(0.4), '0.0001': shown(0.2), '0.001': shown(0.4) },
    rank1: shown(0.6),
    rank5: shown(0.8),
    cmc: [0.6, 0.7],
  })
})
