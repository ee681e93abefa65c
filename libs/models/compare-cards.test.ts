import { expect, it } from 'vitest'
import { compareCards } from './compare-cards.js'
import { anyCard } from './testing/any-card.js'

it('finds nothing between equal cards', () => {
  expect(compareCards(anyCard(), structuredClone(anyCard()))).toEqual([])
})

it('names each field that differs, also those that one card alone has', () => {
  const a = anyCard({ training: { method: 't-c', learningRate: 0.001, milestones: [1, 2] } })
  const b = anyCard({
    input: { ...a.input, mean: [1, 2, 3] },
    training: { method: 't-c', learningRate: 0.002, milestones: [1, 3] },
    parentVersion: '0123456789ab',
    evaluation: { lfw: { tar: 0.99 } },
  })
  expect(compareCards(a, b)).toEqual([
    { field: 'input.mean', a: a.input.mean, b: [1, 2, 3] },
    { field: 'training.learningRate', a: 0.001, b: 0.002 },
    { field: 'training.milestones', a: [1, 2], b: [1, 3] },
    { field: 'parentVersion', a: undefined, b: '0123456789ab' },
    { field: 'evaluation.lfw.tar', a: undefined, b: 0.99 },
  ])
})
