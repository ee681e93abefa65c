import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { announceServer, findServer } from './running-server.js'

it('finds a server that runs, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossres-running-'))
  expect(await findServer(folder)).toBeUndefined()

  const server = createServer((socket) => socket.end())
  const address = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound ? `127.0.0.1:${bound.port}` : '')
    })
  })
  const withdraw = await announceServer(folder, address)
  expect(await findServer(folder)).toBe(address)

  // Killed: its word is still there, but nobody answers.
  await new Promise((resolve) => server.close(resolve))
  expect(await findServer(folder)).toBeUndefined()

  for (const rubbish of ['rubbish', '{}', JSON.stringify({ address: 'no address', pid: 1 })]) {
    await writeFile(join(folder, 'server.json'), rubbish)
    expect(await findServer(folder)).toBeUndefined()
  }
  await withdraw()
  expect(await findServer(folder)).toBeUndefined()
})
