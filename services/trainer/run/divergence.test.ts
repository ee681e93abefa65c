import { describe, expect, it } from 'vitest'
import { createDivergenceGuard } from './divergence.js'

describe('createDivergenceGuard', () => {
  it('bears a loss that rises as a curriculum makes it, and stops one that explodes, naming the step', () => {
    const guard = createDivergenceGuard(6)
    for (let step = 0; step < 10; step++) guard(step, 0.05)
    guard(10, 60)
    expect(() => guard(11, 601)).toThrow(
      expect.objectContaining({ reason: 'TRAINING_DIVERGED', metadata: expect.objectContaining({ step: '11' }) }),
    )
  })

  it('takes the first losses for usual, however large', () => {
    const guard = createDivergenceGuard(1)
    for (let step = 0; step < 11; step++) guard(step, 5000)
    expect(() => guard(11, 500_001)).toThrow(/diverged/)
  })
})
