import { expect, it } from 'vitest'
import { createFeatureBank } from './feature-bank.js'

const held = (bank: ReturnType<typeof createFeatureBank>) => [...bank.features().data]

it('holds features until newer ones need their room', () => {
  const bank = createFeatureBank(3, 2)
  expect(bank.features().dims).toEqual([0, 2])
  bank.add(Float32Array.of(1, 1, 2, 2))
  expect([held(bank), bank.features().dims]).toEqual([
    [1, 1, 2, 2],
    [2, 2],
  ])
  bank.add(Float32Array.of(3, 3, 4, 4))
  expect(held(bank)).toEqual([4, 4, 2, 2, 3, 3])
  bank.add(Float32Array.of(5, 5, 6, 6, 7, 7, 8, 8))
  expect(held(bank).sort()).toEqual([6, 6, 7, 7, 8, 8])
})

it('goes on from its state as if it had not stopped', () => {
  for (const before of [2, 5]) {
    const bank = createFeatureBank(3, 1)
    bank.add(Float32Array.from({ length: before }, (_, index) => index))
    const restored = createFeatureBank(3, 1, structuredClone(bank.state()))
    for (const each of [bank, restored]) each.add(Float32Array.of(10, 11))
    expect(held(restored)).toEqual(held(bank))
  }
})

it('may hold nothing', () => {
  const bank = createFeatureBank(0, 2)
  bank.add(Float32Array.of(1, 2))
  expect(bank.features().dims).toEqual([0, 2])
})
