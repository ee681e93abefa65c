import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FaceItem } from './face-item.js'
import { splitDataset } from './split-dataset.js'

const item = (path: string, subject: string | null): FaceItem => ({ path, subject, bytes: { file: path } })
const labelled = Array.from({ length: 60 }, (_, i) => item(`s${i % 20}/${i}.png`, `s${i % 20}`))
const unlabelled = Array.from({ length: 50 }, (_, i) => item(`${i}.png`, null))
const subjectsOf = (items: readonly FaceItem[]) => new Set(items.map(({ subject }) => subject))

describe('splitDataset', () => {
  it('never has a subject in both parts, and every item in one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), (share, seed) => {
        const { training, validation } = splitDataset(labelled, { share, seed })
        const held = subjectsOf(validation)
        expect([...subjectsOf(training)].filter((subject) => held.has(subject))).toEqual([])
        expect(training.length + validation.length).toBe(labelled.length)
        expect(training.length).toBeGreaterThan(0)
        expect(validation.length > 0).toBe(share > 0)
      }),
    )
  })

  it('holds out the share that is asked for, of subjects and of unlabelled faces', () => {
    expect(subjectsOf(splitDataset(labelled, { share: 0.2, seed: 1 }).validation).size).toBe(4)
    const { validation } = splitDataset([...labelled, ...unlabelled], { share: 0.1, seed: 1 })
    expect(validation.filter(({ subject }) => subject === null)).toHaveLength(5)
    expect(validation.filter(({ subject }) => subject !== null)).toHaveLength(6)
  })

  it('depends on the seed, not on the order of the items', () => {
    const split = (items: readonly FaceItem[], seed: number) =>
      splitDataset(items, { share: 0.3, seed })
        .validation.map(({ path }) => path)
        .sort()
    expect(split(labelled, 1)).toEqual(split([...labelled].reverse(), 1))
    expect(split(labelled, 1)).not.toEqual(split(labelled, 2))
    expect(split(unlabelled, 1)).not.toEqual(split(unlabelled, 2))
  })
})
