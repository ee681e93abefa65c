import { describe, expect, it } from 'vitest'
import { createKeyedLock } from './keyed-lock.js'

describe('createKeyedLock', () => {
  it('keeps the order within a key, also behind a failure, and lets other keys pass', async () => {
    const lock = createKeyedLock()
    const seen: string[] = []
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = lock.run('a', async () => {
      await gate
      seen.push('a1')
      throw new Error('a1 failed')
    })
    const second = lock.run('a', async () => seen.push('a2'))
    await lock.run('b', async () => seen.push('b1'))
    release()
    await expect(first).rejects.toThrow('a1 failed')
    await second
    expect(seen).toEqual(['b1', 'a1', 'a2'])
  })
})
