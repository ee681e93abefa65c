import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ROOT } from './kustomize.js'

const run = promisify(execFile)

interface Asked {
  readonly line: string
  readonly authorization: string | undefined
  readonly secret: { metadata: { name: string }; stringData: Record<string, string> }
}

let folder: string
let server: Server
let status: number
const asked: Asked[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-credentials-'))
  await writeFile(join(folder, 'token'), 'a-token\n')
  asked.length = 0
  // An API server as far as this program uses one; the real one is asked in test/cluster.
  server = createServer(async (request: IncomingMessage, response) => {
    const secret = (await json(request)) as Asked['secret']
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization, secret })
    response.writeHead(status).end('{"reason": "for a test"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

function makeCredentials() {
  return run(process.execPath, [join(ROOT, 'deploy/components/credentials/make-credentials.mjs')], {
    env: {
      KUBERNETES_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      NAMESPACE: 'crossres',
      SECRET: 'crossres-storage',
      TOKEN_FILE: join(folder, 'token'),
    },
  })
}

it('makes a secret with other keys every time', async () => {
  status = 201
  await makeCredentials()
  const { stdout } = await makeCredentials()
  const [first, second] = asked
  expect(first).toMatchObject({
    line: 'POST /api/v1/namespaces/crossres/secrets',
    authorization: 'Bearer a-token',
    secret: { kind: 'Secret', metadata: { name: 'crossres-storage' } },
  })
  // MinIO takes access keys of 3 characters and more, and secret keys of 8 and more.
  expect(first?.secret.stringData.CROSSRES_S3_ACCESS_KEY).toMatch(/^[0-9a-f]{20}$/)
  expect(first?.secret.stringData.CROSSRES_S3_SECRET_KEY).toMatch(/^[\w-]{40}$/)
  expect(second?.secret.stringData.CROSSRES_S3_SECRET_KEY).not.toBe(first?.secret.stringData.CROSSRES_S3_SECRET_KEY)
  expect(stdout).toBe('crossres-storage made\n')
})

it('leaves a secret that is there', async () => {
  status = 409
  await expect(makeCredentials()).resolves.toMatchObject({ stdout: 'crossres-storage is there and stays\n' })
})

it('fails where the API server refuses, so that the Job tries again', async () => {
  status = 403
  await expect(makeCredentials()).rejects.toThrow(/answered 403.*for a test/)
})
