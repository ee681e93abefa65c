import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createBatcher } from './batcher.js'

/** A run that records its batches and ends when it is told to. */
function controlledRun() {
  const batches: number[][] = []
  const open: (() => void)[] = []
  return {
    batches,
    async run(items: readonly number[]) {
      batches.push([...items])
      await new Promise<void>((resolve) => open.push(resolve))
      return items.map((item) => item * 10)
    },
    async finish() {
      while (open.length === 0) await sleep(1)
      open.shift()?.()
    },
  }
}

describe('batcher', () => {
  it('starts at once when nothing else is coming', async () => {
    const { run, batches, finish } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 8, maxQueueDelayMs: 60_000, maxQueueSize: 100, run })
    const result = batcher.submit(1)
    await finish()
    expect(await result).toBe(10)
    expect(batches).toEqual([[1]])
  })

  it('gathers what arrives while the engine runs, up to the batch size, in order', async () => {
    const { run, batches, finish } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 3, maxQueueDelayMs: 0, maxQueueSize: 100, run })
    const results = [0, 1, 2, 3, 4].map((item) => batcher.submit(item))
    for (let i = 0; i < 3; i++) await finish()
    expect(await Promise.all(results)).toEqual([0, 10, 20, 30, 40])
    expect(batches).toEqual([[0], [1, 2, 3], [4]])
  })

  it('waits for what is on its way, and closes as soon as it is there', async () => {
    const { run, batches, finish } = controlledRun()
    let incoming = 2
    const batcher = createBatcher({
      maxBatchSize: 8,
      maxQueueDelayMs: 60_000,
      maxQueueSize: 100,
      run,
      incoming: () => incoming,
    })
    incoming = 1
    const first = batcher.submit(1)
    await sleep(20)
    expect(batches).toEqual([])
    incoming = 0
    const second = batcher.submit(2)
    await finish()
    expect(await Promise.all([first, second])).toEqual([10, 20])
    expect(batches).toEqual([[1, 2]])
  })

  it('does not wait longer than the queue delay', async () => {
    const { run, batches, finish } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 8, maxQueueDelayMs: 5, maxQueueSize: 9, run, incoming: () => 1 })
    const result = batcher.submit(1)
    await finish()
    expect(await result).toBe(10)
    expect(batches).toEqual([[1]])
  })

  it('drops an item whose caller left before its batch started', async () => {
    const { run, batches, finish } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 8, maxQueueDelayMs: 0, maxQueueSize: 100, run })
    const running = batcher.submit(1)
    const caller = new AbortController()
    const left = batcher.submit(2, caller.signal)
    const stays = batcher.submit(3)
    caller.abort()
    await expect(left).rejects.toThrow(/abort/i)
    await finish()
    await finish()
    expect(await Promise.all([running, stays])).toEqual([10, 30])
    expect(batches).toEqual([[1], [3]])
  })

  it('refuses an item whose caller has left already', async () => {
    const { run, batches } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 8, maxQueueDelayMs: 0, maxQueueSize: 100, run })
    await expect(batcher.submit(1, AbortSignal.abort())).rejects.toThrow(/abort/i)
    expect(batches).toEqual([])
  })

  it('refuses what does not fit into the queue', async () => {
    const { run, finish } = controlledRun()
    const batcher = createBatcher({ maxBatchSize: 1, maxQueueDelayMs: 0, maxQueueSize: 2, run })
    const kept = [1, 2, 3].map((item) => batcher.submit(item))
    await expect(batcher.submit(4)).rejects.toMatchObject({ reason: 'QUEUE_FULL' })
    for (let i = 0; i < 3; i++) await finish()
    expect(await Promise.all(kept)).toEqual([10, 20, 30])
  })

  it('fails the items of a failed run and goes on', async () => {
    let calls = 0
    const batcher = createBatcher<number, number>({
      maxBatchSize: 8,
      maxQueueDelayMs: 0,
      maxQueueSize: 100,
      async run(items) {
        calls += 1
        if (calls === 1) throw new Error('engine down')
        return items
      },
    })
    await expect(batcher.submit(1)).rejects.toThrow('engine down')
    expect(await batcher.submit(2)).toBe(2)
  })
})
