import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWorkerName } from './worker-name.js'

it('lasts as long as its folder, and is unlike any other', async () => {
  const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'crossres-name-'))))
  const [one, other] = await Promise.all(folders.map(openWorkerName))
  expect(await openWorkerName(folders[0] as string)).toBe(one)
  expect(other).not.toBe(one)
  // As a crash may leave it.
  await writeFile(join(folders[0] as string, 'worker'), '')
  const anew = await openWorkerName(folders[0] as string)
  expect(anew).toMatch(/^[0-9a-f-]{36}$/)
  expect(anew).not.toBe(one)
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})
