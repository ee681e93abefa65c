import { expect, it } from 'vitest'
import type { EvaluationResult } from './evaluation-result.js'
import { brokenPromises, parseGate } from './gate.js'

const figure = (metric: 'rank' | 'fnir_at_fpir', parameter: number, value: number) => {
  return { metric, parameter, value, low: 0, high: 1, count: 10 }
}
const row = (model: string, protocol: string, probe: number, ...figures: ReturnType<typeof figure>[]) => {
  return { model, protocol, condition: { probe, gallery: 0 }, figures }
}
const result: EvaluationResult = {
  software: '1.2.3',
  spec: {
    protocol: 'folder',
    folder: '/faces',
    models: ['models/a', 'models/b'],
    resolutions: [16, 0],
    side: 'probe',
    faces: 'largest',
    routing: true,
    seed: 0,
    replicates: 10,
  },
  protocols: [],
  dataset: '',
  models: [
    { version: 'a', failed: [] },
    { version: 'b', failed: [] },
  ],
  rows: [
    row('b', 'closed', 16, figure('rank', 1, 0.1)),
    row('a', 'closed', 16, figure('rank', 1, 0.7)),
    row('a', 'open', 16, figure('fnir_at_fpir', 0.01, 0.4), figure('rank', 1, 0.9)),
    row('a', 'closed', 0, figure('rank', 1, 0.95)),
  ],
  differences: [],
}

const check = (...promises: object[]) => brokenPromises(parseGate(JSON.stringify({ promises }), 'gate.json'), result)

it('keeps what the first model keeps', () => {
  expect(
    check(
      { metric: 'rank', parameter: 1, probe: '16', at_least: 0.7 },
      { metric: 'rank', parameter: 1, probe: 16, protocol: 'open', at_least: 0.9 },
      { metric: 'rank', parameter: 1, at_least: 0.9 },
      { metric: 'fnir_at_fpir', parameter: 0.01, probe: 16, at_most: 0.4 },
    ),
  ).toEqual([])
})

it('names each figure that fell, and each that was not measured', () => {
  expect(
    check(
      { metric: 'rank', parameter: 1, probe: 16, at_least: 0.71 },
      { metric: 'fnir_at_fpir', parameter: 0.01, probe: 16, at_most: 0.3 },
      { metric: 'auc', probe: 8, at_least: 0.5 },
    ),
  ).toEqual([
    'rank 1 at probe 16, gallery full is 0.7000, promised at least 0.71',
    'fnir_at_fpir 0.01 at probe 16, gallery full is 0.4000, promised at most 0.3',
    'auc at probe 8, gallery full is promised and was not measured',
  ])
})

it.each([
  ['{', 'GATE_INVALID'],
  ['{"promises": []}', 'GATE_INVALID'],
  ['{"promises": [{"metric": "rank", "parameter": 1}]}', 'needs at_least or at_most'],
  ['{"promises": [{"metric": "beauty", "at_least": 1}]}', 'promises.0.metric'],
])('says what is wrong with %s', (text, expected) => {
  expect(() => parseGate(text, 'gate.json')).toThrow(
    expected.includes('_INVALID') ? expect.objectContaining({ reason: expected }) : expected,
  )
})
