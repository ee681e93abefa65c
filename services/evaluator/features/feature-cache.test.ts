import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { openFeatureCache } from './feature-cache.js'

const key = (digit: string) => digit.repeat(32)

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(...entries: [string, number[]][]) {
  const cache = await openFeatureCache(folder, 3)
  await cache.put(entries.map(([digit, values]) => ({ key: key(digit), feature: Float32Array.from(values) })))
  await cache.close()
}

it('has what earlier processes put in, each in a file of its own', async () => {
  await write(['a', [1, 2, 3]], ['b', [4, 5, 6]])
  await write(['c', [7, 8, 9.5]])
  expect(await readdir(folder)).toHaveLength(2)
  const cache = await openFeatureCache(folder, 3)
  expect(['a', 'b', 'c'].map((digit) => [...(cache.get(key(digit)) ?? [])])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9.5],
  ])
  expect(cache.get(key('d'))).toBeUndefined()
  await cache.close()
})

it('passes over the record that a killed process left half-written, and only that', async () => {
  await write(['a', [1, 2, 3]], ['b', [4, 5, 6]])
  const [name] = await readdir(folder)
  const file = join(folder, name as string)
  await truncate(file, (await readFile(file)).length - 5)
  const cache = await openFeatureCache(folder, 3)
  expect(cache.get(key('a'))).toEqual(Float32Array.of(1, 2, 3))
  expect(cache.get(key('b'))).toBeUndefined()
})

it('makes no file where nothing was put in', async () => {
  await write()
  expect(await readdir(folder)).toEqual([])
})
