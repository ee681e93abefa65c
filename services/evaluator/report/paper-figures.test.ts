import { expect, it } from 'vitest'
import { paperFigures } from './paper-figures.js'

const PROTOCOLS = [
  'ijbb-verification',
  'ijbb-identification',
  'ijbc-verification',
  'ijbc-identification',
  'tinyface',
  'survface-verification',
  'survface-identification',
]
const all = PROTOCOLS.flatMap((protocol) => [false, true].flatMap((enhanced) => paperFigures(protocol, enhanced)))

it('has every figure of every table', () => {
  const counts = new Map<number, number>()
  for (const { table } of all) counts.set(table, (counts.get(table) ?? 0) + 1)
  const [byResolution, triangle] = [3 * 7, 2 * 28]
  expect([...counts].sort(([a], [b]) => a - b)).toEqual([
    [1, byResolution],
    [2, triangle],
    [3, byResolution],
    [4, byResolution],
    [5, byResolution],
    [6, triangle],
    [7, byResolution],
    [8, byResolution],
    [9, 7 * 4],
    [10, 5 * 4],
    [11, 3],
    [12, 3],
    [13, 7 + 3],
  ])
})

it('states each of a model and a condition once, or as often as tables 1 and 2, 5 and 6 do', () => {
  const places = new Map<string, Set<number>>()
  for (const { table, value, protocol, enhanced, metric, parameter, model, condition } of all) {
    expect(value).toBeGreaterThanOrEqual(0)
    expect(value).toBeLessThanOrEqual(1)
    const key = [protocol, enhanced, metric, parameter, model, condition.probe, condition.gallery].join()
    const tables = places.get(key) ?? new Set()
    expect(tables).not.toContain(table)
    places.set(key, tables.add(table))
  }
  const twice = [...places.values()].filter(({ size }) => size > 1).map((tables) => [...tables].join())
  expect(new Set(twice)).toEqual(new Set(['1,2', '5,6']))
})

it.each([
  ['tinyface', false, 'rank', 50, 'T-C', 0.763],
  ['tinyface', true, 'map', 0, 'CSRI', 0.362],
  ['survface-identification', false, 'tpir20_auc', 0, 'T-C', 0.138],
  ['survface-identification', true, 'tpir20_auc', 0, 'nT-nC', 0.07],
  ['ijbc-identification', false, 'fnir_at_fpir', 0.01, 'nT-nC', 0.579],
] as const)('of %s, enhanced %s, knows %s %s of %s', (protocol, enhanced, metric, parameter, model, value) => {
  const found = paperFigures(protocol, enhanced).find(
    (each) =>
      each.metric === metric && each.parameter === parameter && each.model === model && each.condition.probe === 0,
  )
  expect(found?.value).toBe(value)
})
