import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { acquireFolder } from './exclusive-folder.js'
import { workerFile } from './worker-file.js'

const newFolder = () => mkdtemp(join(tmpdir(), 'crossres-hold-'))

it('gives a folder to one holder at a time', async () => {
  const folder = await newFolder()
  const hold = await acquireFolder(folder)
  await expect(acquireFolder(folder)).rejects.toMatchObject({ reason: 'DATA_FOLDER_IN_USE' })
  await hold.release()
  await (await acquireFolder(folder)).release()
})

it('knows a folder by its real path', async () => {
  const folder = await newFolder()
  const alias = `${folder}-alias`
  await symlink(folder, alias)
  const hold = await acquireFolder(folder)
  await expect(acquireFolder(alias)).rejects.toMatchObject({ reason: 'DATA_FOLDER_IN_USE' })
  await hold.release()
})

it('is free again as soon as its holder is killed', async () => {
  const folder = await newFolder()
  const module = workerFile(pathToFileURL(import.meta.filename).href, './exclusive-folder.js').href
  const code = `const { acquireFolder } = await import(${JSON.stringify(module)})
    await acquireFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await expect(acquireFolder(folder)).rejects.toMatchObject({ reason: 'DATA_FOLDER_IN_USE' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await acquireFolder(folder)).release()
})
