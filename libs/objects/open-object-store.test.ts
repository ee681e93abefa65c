import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolderObjectStore } from './folder.js'
import { openObjectStore } from './open-object-store.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-guest-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const drafts = async (...path: string[]) => (await readdir(join(folder, '+drafts', ...path))).sort()

it('shares objects with the owner, and removes what an earlier guest of its name left, nothing else', async () => {
  const owner = await createFolderObjectStore({ folder })
  const [one, two] = [
    await openObjectStore({ kind: 'folder', folder }, 'one'),
    await openObjectStore({ kind: 'folder', folder }, 'two'),
  ]
  await Promise.all([owner, one, two].map((store, i) => store.put(`key-${i}`, Buffer.from(`${i}`))))
  for (const store of [owner, one, two]) {
    for (const i of [0, 1, 2]) expect((await store.get(`key-${i}`)).body.toString()).toBe(`${i}`)
  }

  for (const path of [['owner'], ['one', 'left'], ['two', 'left']]) {
    await writeFile(join(folder, '+drafts', ...path), 'half')
  }
  await openObjectStore({ kind: 'folder', folder }, 'one')
  expect(await drafts('one')).toEqual([])
  expect(await drafts('two')).toEqual(['left'])
  expect(await drafts()).toEqual(['one', 'owner', 'two'])

  await createFolderObjectStore({ folder })
  expect(await drafts()).toEqual([])
})

it('opens a bucket without asking for it', async () => {
  const keys = { region: 'us-east-1', accessKey: 'key', secretKey: 'secret', bucket: 'faces' }
  const store = await openObjectStore({ kind: 's3', endpoint: 'http://127.0.0.1:1', ...keys })
  expect(store.bucket).toBe('faces')
  await expect(store.get('../a')).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
})
