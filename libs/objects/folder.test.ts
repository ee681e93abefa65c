import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createFolderObjectStore } from './folder.js'
import { objectStoreContract } from './object-store.contract.js'

const folders: string[] = []
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossres-objects-'))
  folders.push(folder)
  return folder
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

objectStoreContract('folder', async () => createFolderObjectStore({ folder: await newFolder() }))

it('sweeps what a crash left half-written', async () => {
  const folder = await newFolder()
  await mkdir(join(folder, '.drafts'))
  await writeFile(join(folder, '.drafts', 'half'), 'half')
  await createFolderObjectStore({ folder })
  expect(await readdir(join(folder, '.drafts'))).toEqual([])
})

it('refuses a key that is the prefix of another, as MinIO does', async () => {
  const store = await createFolderObjectStore({ folder: await newFolder() })
  await store.put('a/b', Buffer.from('x'))
  await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject({ reason: 'OBJECT_KEY_CONFLICT' })
  await expect(store.put('a/b/c', Buffer.from('x'))).rejects.toMatchObject({ reason: 'OBJECT_KEY_CONFLICT' })
})
