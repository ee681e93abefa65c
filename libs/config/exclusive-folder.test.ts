import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { acquireFolder, socketPath } from './exclusive-folder.js'
import { workerFile } from './worker-file.js'

const made: string[] = []
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossres-hold-'))
  made.push(folder)
  return folder
}
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))))

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
  made.push(alias)
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

it('makes a folder that other users cannot read', async () => {
  const folder = join(await newFolder(), 'new', 'data')
  const hold = await acquireFolder(folder)
  expect((await stat(folder)).mode & 0o077).toBe(0)
  await hold.release()
})

it('can be released while somebody holds on to its socket', async () => {
  const folder = await newFolder()
  const hold = await acquireFolder(folder)
  const socket = connect({ path: await socketPath(folder), allowHalfOpen: true })
  await once(socket, 'connect')
  await hold.release()
  socket.destroy()
  await (await acquireFolder(folder)).release()
})
