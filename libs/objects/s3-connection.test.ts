import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createS3Connection, type S3Connection } from './s3-connection.js'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A connection to a server that answers so; how real servers answer is in s3.contract.ts. */
async function connect(answer: RequestListener, idleMs = 30_000): Promise<S3Connection> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const place = { endpoint, region: 'us-east-1', accessKey: 'key', secretKey: 'secret', bucket: 'faces' }
  return createS3Connection(place, { patienceMs: 50_000, idleMs })
}

const failure = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`

it('comes back to a server that is busy or silent, and signs anew', async () => {
  const signatures: (string | undefined)[] = []
  const connection = await connect((request, response) => {
    const attempt = signatures.push(request.headers.authorization)
    if (attempt === 1) response.writeHead(503).end(failure('SlowDown'))
    else if (attempt === 2) response.writeHead(500).end('<html>not S3 at all')
    else if (attempt === 3) response.writeHead(400).end(failure('RequestTimeout'))
    else if (attempt > 4) response.end('here')
  }, 500)
  const { body } = await connection.send({ method: 'GET', key: 'a' })
  expect(body.toString()).toBe('here')
  // On a busy machine more of them may seem silent.
  expect(signatures.length).toBeGreaterThanOrEqual(5)
  expect(signatures.every((one) => one?.startsWith('AWS4-HMAC-SHA256 Credential=key/'))).toBe(true)
})

it('does not come back to a server that is full', async () => {
  let attempts = 0
  const connection = await connect((request, response) => {
    attempts++
    request.resume().once('end', () => response.writeHead(507).end(failure('XMinioStorageFull')))
  })
  await expect(connection.send({ method: 'PUT', key: 'a', body: Buffer.from('x') })).rejects.toMatchObject({
    reason: 'STORAGE_FULL',
  })
  expect(attempts).toBe(1)
})

it('knows a failure that comes with the status of success', async () => {
  let attempts = 0
  const connection = await connect((request, response) => {
    request.resume().once('end', () => response.end(failure(++attempts === 1 ? 'InternalError' : 'InvalidPart')))
  })
  await expect(connection.send({ method: 'POST', key: 'a', query: { uploadId: '1' } })).rejects.toMatchObject({
    code: 'InvalidPart',
  })
  expect(attempts).toBe(2)
})

it('asks what a lost attempt did only where one was lost', async () => {
  const refused: RequestListener = (request, response) =>
    request.resume().once('end', () => response.writeHead(412).end(failure('PreconditionFailed')))
  let settled = 0
  const settle = async () => {
    settled++
    return { headers: { etag: '"mine"' }, body: Buffer.alloc(0) }
  }
  const put = { method: 'PUT' as const, key: 'a', body: Buffer.from('x') }
  const clear = await connect(refused)
  await expect(clear.write(put, settle)).rejects.toMatchObject({ reason: 'PRECONDITION_FAILED' })
  expect(settled).toBe(0)
  server?.close()

  let attempts = 0
  const lossy = await connect((request, response) =>
    ++attempts === 1 ? request.socket.destroy() : refused(request, response),
  )
  expect((await lossy.write(put, settle)).headers.etag).toBe('"mine"')
  expect(settled).toBe(1)
})
