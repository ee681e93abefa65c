import { expect, it } from 'vitest'
import { createLine } from './line.js'

it('takes one piece of work after the other, each when the next has been started', async () => {
  const line = createLine()
  const heard: string[] = []
  for (const name of ['first', 'second', 'third']) {
    heard.push(`${name} starts`)
    await line.add(Promise.resolve(), () => heard.push(`${name} taken`))
  }
  await line.end()
  expect(heard).toEqual(['first starts', 'second starts', 'first taken', 'third starts', 'second taken', 'third taken'])
})

it('fails with the first work that fails, and has nothing left then', async () => {
  const line = createLine()
  const heard: string[] = []
  await line.add(Promise.reject(new Error('first')), () => heard.push('first'))
  await expect(line.add(Promise.reject(new Error('second')), () => heard.push('second'))).rejects.toThrow('first')
  await expect(line.end()).rejects.toThrow('second')
  await line.end()
  expect(heard).toEqual([])
})
