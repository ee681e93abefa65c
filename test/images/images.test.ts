import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { createClients } from '../../libs/rpc/client.js'
import { ROOT } from '../deploy/kustomize.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { freePort } from '../fixtures/servers/free-port.js'
import { type Container, runContainer } from './run-container.js'
import { type Bases, buildah, findBases } from './stand-ins.js'

const run = promisify(execFile)
const SERVING = 1
const MEGABYTE = 1e6
// TensorFlow's libraries are half a gigabyte.
const LIMITS = { cpu: 400, trainer: 1_000 } as const

let bases: Bases

beforeAll(async () => {
  for (const program of ['buildah', 'runc', 'mmdebstrap']) {
    await run(program, ['--version']).catch((cause: unknown) => {
      throw new Error(`${program} is missing: apt-get install buildah runc mmdebstrap`, { cause })
    })
  }
  bases = await findBases()
}, 1_800_000)

describe.each(['cpu', 'trainer'] as const)('the image %s', (target) => {
  const image = `localhost/crossres-test:${target}`
  let container: Container | undefined

  afterAll(async () => {
    await container?.kill()
  })

  it('builds without Docker and is small', { timeout: 3_600_000 }, async () => {
    const began = performance.now()
    const { NODE_IMAGE, RUNTIME_IMAGE } = bases
    const args = Object.entries({ NODE_IMAGE, RUNTIME_IMAGE }).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ])
    const dockerfile = join(ROOT, 'deploy/Dockerfile')
    await buildah('build', '--pull-never', '--layers', '--target', target, ...args, '-t', image, '-f', dockerfile, ROOT)
    const seconds = Math.round((performance.now() - began) / 1_000)

    const mounted = await buildah('from', '--pull-never', image)
    const { stdout } = await run('du', ['--summarize', '--bytes', await buildah('mount', mounted)])
    await buildah('rm', mounted)
    const megabytes = Number(stdout.split('\t')[0]) / MEGABYTE
    const from = bases.pulled ? 'its own bases' : 'stand-ins for its bases'
    console.log(`crossres ${target}: ${megabytes.toFixed(0)} MB from ${from}, built in ${seconds} s`)
    expect(megabytes).toBeLessThan(LIMITS[target])
  })

  it('serves as a user without rights on a read-only root', { timeout: 600_000 }, async () => {
    const port = await freePort()
    const clients = createClients({ address: `127.0.0.1:${port}` })
    const began = performance.now()
    const isReady = async () => (await clients.health.check({ service: '' })).status === SERVING
    try {
      container = await runContainer(
        image,
        ['dist/services/embedder/main.js'],
        { CROSSRES_PORT: String(port) },
        isReady,
      )
      const coldStartMs = performance.now() - began
      const asked = performance.now()
      const value = await samplePhotograph(1)
      const content = { $case: 'content' as const, value }
      const { faces } = await clients.embedder.embed({ image: { source: content }, faces: FaceSelection.LARGEST })
      expect(faces).toHaveLength(1)
      const embedMs = performance.now() - asked
      console.log(
        `crossres ${target}: serving after ${coldStartMs.toFixed(0)} ms, first Embed in ${embedMs.toFixed(0)} ms`,
      )
    } finally {
      clients.close()
    }
  })

  it('can write nowhere but where it may', async () => {
    const write = (path: string) => container?.exec('node', '-e', `require('fs').writeFileSync('${path}', 'x')`)
    await expect(write('/app/x')).rejects.toThrow(/EROFS/)
    await expect(write('/tmp/x')).resolves.toBe('')
    await expect(container?.exec('node', '-p', 'process.getuid()')).resolves.toBe('10001\n')
    // Distroless: whoever gets in finds no shell.
    await expect(container?.exec('/bin/sh', '-c', 'true')).rejects.toThrow(/no such file/)
  })

  it.runIf(target === 'trainer')('has TensorFlow', { timeout: 120_000 }, async () => {
    const program = `import('/app/dist/libs/engine/tensorflow.js').then(async ({ loadTensorFlow }) => {
      const tf = await loadTensorFlow()
      console.log(tf.getBackend(), tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0])
    })`
    await expect(container?.exec('node', '-e', program)).resolves.toBe('tensorflow 11\n')
  })
})
