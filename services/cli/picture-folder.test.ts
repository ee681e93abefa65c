import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { UsageError } from './failure.js'
import { listPictures } from './picture-folder.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-pictures-'))
  for (const path of ['b/2.JPG', 'b/1.png', 'a/x.webp', 'a/notes.txt', 'a/.hidden.png', 'lone.png']) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), '')
  }
  await mkdir(join(folder, '.cache'))
})
afterAll(() => rm(folder, { recursive: true }))

const names = async (path: string, subject?: string) =>
  (await listPictures([join(folder, path)], subject)).map(({ subject, file }) => [
    subject,
    file.slice(folder.length + 1),
  ])

it('takes the subjects from the folders, in order, and only pictures', async () => {
  expect(await names('.')).toEqual([
    ['a', 'a/x.webp'],
    ['b', 'b/1.png'],
    ['b', 'b/2.JPG'],
  ])
})

it('takes a flat folder or a file for the subject stated', async () => {
  expect(await names('b', 'Bea')).toEqual([
    ['Bea', 'b/1.png'],
    ['Bea', 'b/2.JPG'],
  ])
  expect(await names('lone.png', 'Lone')).toEqual([['Lone', 'lone.png']])
})

it('refuses paths that do not say who is on their pictures', async () => {
  await expect(names('lone.png')).rejects.toThrow(UsageError)
  await expect(names('b')).rejects.toThrow(/--subject/)
  await expect(names('none')).rejects.toThrow('ENOENT')
})
