import { createHash } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError } from './domain-error.js'

/** The sole use of a folder by this process. */
export interface FolderHold {
  release(): Promise<void>
}

/**
 * Takes a data folder for this process alone. The hold is a listening Unix socket, which the kernel frees with the process
 * however it ends: no stale lock files, no timeouts.
 * @param folder made where it is missing, for this user alone
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function acquireFolder(folder: string): Promise<FolderHold> {
  // Faces are nobody else's business: other users of the machine must not read them.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = await socketPath(folder)
  const server = (await listen(path)) ?? ((await isAlive(path)) ? undefined : await retryStale(path))
  if (!server) {
    throw new DomainError(
      'DATA_FOLDER_IN_USE',
      `Another crossres is using ${folder}: talk to it with --address, or choose another folder with --data.`,
      { folder },
    )
  }
  // Holding a folder is no reason for a process to stay.
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** A name that depends on the folder alone; Linux has names outside the file system, which leave nothing behind. */
export async function socketPath(folder: string): Promise<string> {
  const name = `crossres-${createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)}`
  return platform() === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`)
}

/** @returns undefined where the name is taken */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    // Hung up on at once: an open connection would keep `release` waiting.
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A socket file whose process is gone. */
async function retryStale(path: string): Promise<Server | undefined> {
  if (!path.startsWith('\0')) await rm(path, { force: true })
  return listen(path)
}
