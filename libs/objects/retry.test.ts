import { expect, it } from 'vitest'
import { retry } from './retry.js'

const isPassing = (error: unknown) => String(error).includes('later')

function failing(...messages: string[]) {
  let attempts = 0
  return {
    attempts: () => attempts,
    task: async () => {
      const message = messages[attempts++]
      if (message !== undefined) throw new Error(message)
      return 'done'
    },
  }
}

it('goes on until it succeeds', async () => {
  const { task, attempts } = failing('later', 'later')
  expect(await retry(task, { patienceMs: 60_000, isPassing })).toBe('done')
  expect(attempts()).toBe(3)
})

it('does not repeat what fails for good', async () => {
  const { task, attempts } = failing('later', 'never')
  await expect(retry(task, { patienceMs: 60_000, isPassing })).rejects.toThrow('never')
  expect(attempts()).toBe(2)
})

it('gives up when its patience is out', async () => {
  const { task, attempts } = failing('later')
  await expect(retry(task, { patienceMs: 0, isPassing })).rejects.toThrow('later')
  expect(attempts()).toBe(1)
})
