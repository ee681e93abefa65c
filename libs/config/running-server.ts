import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

const AnnouncementSchema = z.object({
  address: z.string().refine((address) => URL.canParse(`tcp://${address}`)),
  pid: z.int(),
})

const CONNECT_TIMEOUT_MS = 500

const fileOf = (folder: string) => join(folder, 'server.json')

/**
 * Leaves word in a data folder that a server runs on it, so that commands find it.
 * @returns what takes the word back
 */
export async function announceServer(folder: string, address: string): Promise<() => Promise<void>> {
  const draft = `${fileOf(folder)}.${process.pid}`
  await writeFile(draft, JSON.stringify({ address, pid: process.pid }))
  await rename(draft, fileOf(folder))
  return () => rm(fileOf(folder), { force: true })
}

/** @returns the address of the server that runs on a data folder; undefined where none answers */
export async function findServer(folder: string): Promise<string | undefined> {
  const text = await readFile(fileOf(folder), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const found = AnnouncementSchema.safeParse(parseJson(text))
  return found.success && (await answers(found.data.address)) ? found.data.address : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A killed server leaves its word behind; only a connection tells. */
function answers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: CONNECT_TIMEOUT_MS })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
