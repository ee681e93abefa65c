import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import { createS3ObjectStore } from '../../libs/objects/s3.js'
import type { S3Bucket } from '../../libs/objects/s3-connection.js'
import { randomiseWeights } from '../../libs/onnx/randomise-weights.js'
import { smallNetwork } from '../../libs/onnx/testing/small-network.js'
import { writeOnnx } from '../../libs/onnx/write-onnx.js'
import { bucketOf, bucketVariables } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'
import { createCli } from './cli-process.js'

let folder: string
let server: Awaited<ReturnType<typeof startSeaweedFs>>
let bucket: S3Bucket
let cli: ReturnType<typeof createCli>
const importAs = (name: string, file: string) =>
  cli.run('models', 'import', join(folder, file), '--name', name, '--preset', 'insightface', ...SMALL, '--json')
const SMALL = ['--set', 'input.width=8', '--set', 'input.height=8']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-models-cli-'))
  server = await startSeaweedFs()
  bucket = bucketOf(server, 'models')
  await ensureBucket(bucket)
  cli = createCli({
    CROSSRES_DATA: join(folder, 'data'),
    CROSSRES_CACHE: join(folder, 'cache'),
    ...bucketVariables(bucket),
  })
  await writeFile(join(folder, 'one.onnx'), writeOnnx(smallNetwork('n')))
  await writeFile(join(folder, 'other.onnx'), writeOnnx(randomiseWeights(smallNetwork('n'), 7n)))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('crossres models, in a bucket', { timeout: 60_000 }, () => {
  it('imports networks there, and compares them', async () => {
    const [one, other] = [await importAs('mine', 'one.onnx'), await importAs('mine', 'other.onnx')]
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0])
    expect([one.json().production, other.json().production]).toEqual([true, false])

    const registry = createModelRegistry({ objects: createS3ObjectStore(bucket) })
    expect((await registry.get('models/mine')).version).toBe(one.json().name.split('/').at(-1))
    expect(await readdir(folder)).not.toContain('data')

    const diff = await cli.run('models', 'diff', one.json().name, other.json().name, '--json')
    expect(diff.code, diff.stderr).toBe(0)
    expect(diff.json()).toMatchObject({ a: one.json().name, b: other.json().name, network: { sameGraph: true } })
    expect(diff.json().network.change).toBeGreaterThan(0)
  })

  it('says so where a server is named', async () => {
    const { code, stderr } = await cli.run(
      '--address',
      '127.0.0.1:1',
      'models',
      'import',
      'x.onnx',
      '--preset',
      'insightface',
    )
    expect([code, stderr]).toEqual([2, expect.stringContaining('leave out --address')])
  })
})
