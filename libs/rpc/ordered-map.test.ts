import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { orderedMap } from './ordered-map.js'

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

describe('orderedMap', () => {
  it('answers in the order of the input, whoever ends first', async () => {
    const answers = []
    for await (const answer of orderedMap(from([30, 0, 10]), 3, async (ms) => {
      await sleep(ms)
      return ms
    })) {
      answers.push(answer)
    }
    expect(answers).toEqual([30, 0, 10])
  })

  it('never has more at work than it may', async () => {
    let working = 0
    let most = 0
    const items = Array.from({ length: 50 }, (_, i) => i)
    for await (const _ of orderedMap(from(items), 4, async () => {
      working += 1
      most = Math.max(most, working)
      await sleep(1)
      working -= 1
    })) {
      // Only the count matters.
    }
    expect(most).toBe(4)
  })

  it('answers a caller who waits for each answer before sending the next', async () => {
    let release: (value: number) => void = () => {}
    async function* polite() {
      for (let i = 0; i < 3; i++) {
        if (i > 0) await new Promise<number>((resolve) => (release = resolve))
        yield i
      }
    }
    const answers: number[] = []
    for await (const answer of orderedMap(polite(), 8, async (i) => i)) {
      answers.push(answer)
      await sleep(1)
      release(answer)
    }
    expect(answers).toEqual([0, 1, 2])
  })

  it('passes on the failure of the source', async () => {
    async function* broken() {
      yield 1
      throw new Error('line cut')
    }
    const answers: number[] = []
    const read = async () => {
      for await (const answer of orderedMap(broken(), 8, async (i) => i)) answers.push(answer)
    }
    await expect(read()).rejects.toThrow('line cut')
  })

  it('closes the source when the reader leaves', async () => {
    let closed = false
    async function* endless() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        closed = true
      }
    }
    for await (const answer of orderedMap(endless(), 2, async (i) => i)) if (answer === 3) break
    await sleep(1)
    expect(closed).toBe(true)
  })
})
