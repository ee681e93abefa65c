import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DownsamplerDefinition } from '../../gen/crossres/v1/downsampler.js'
import { EmbedderDefinition } from '../../gen/crossres/v1/embedder.js'
import { EvaluatorDefinition } from '../../gen/crossres/v1/evaluator.js'
import { GalleryIndexDefinition } from '../../gen/crossres/v1/gallery_index.js'
import { TrainerDefinition } from '../../gen/crossres/v1/trainer.js'
import { pythonEnv } from '../fixtures/python-env.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

const run = promisify(execFile)
const proto = join(import.meta.dirname, '..', '..', 'proto')
let stack: TestStack
let folder: string
let python: string

beforeAll(async () => {
  ;[stack, folder, python] = await Promise.all([
    startStack(),
    mkdtemp(join(tmpdir(), 'crossres-python-')),
    pythonEnv(['grpcio-tools==1.76.0', 'grpcio-reflection==1.76.0']),
  ])
  const files = (await readdir(join(proto, 'crossres', 'v1'))).map((name) => `crossres/v1/${name}`)
  await run(python, [
    '-m',
    'grpc_tools.protoc',
    `-I${proto}`,
    `--python_out=${folder}`,
    `--grpc_python_out=${folder}`,
    ...files,
  ])
}, 300_000)

afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('is served in another language from the .proto files alone', async () => {
  const pictures = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const path = join(folder, `${number}.jpg`)
      await writeFile(path, await samplePhotograph(number))
      return path
    }),
  )
  const { stdout } = await run(python, [join(import.meta.dirname, 'python-client.py'), stack.address, ...pictures], {
    env: { ...process.env, PYTHONPATH: folder },
  })
  const answer = JSON.parse(stdout)
  expect(answer.dimension).toBe(128)
  expect(answer.norm).toBeCloseTo(1, 5)
  expect(answer.model_version).toMatch(/^models\/crossres\/versions\/[0-9a-f]{12}$/)
  expect(answer.candidates[0][0]).toBe('galleries/python/subjects/subject-1')
  expect(answer.candidates[0][1]).toBeGreaterThan(0.9999)
  expect(answer.match_decision).toBe('DECISION_MATCH')
  expect(answer.verify_score).toBeGreaterThan(0.9999)
  expect(answer.verify_decision).toBe('DECISION_MATCH')
  expect(answer.missing_gallery).toBe('NOT_FOUND')

  const definitions = [
    EmbedderDefinition,
    GalleryIndexDefinition,
    DownsamplerDefinition,
    TrainerDefinition,
    EvaluatorDefinition,
  ]
  const declared = Object.fromEntries(
    definitions.map(({ fullName, methods }) => [fullName, Object.values(methods).map(({ name }) => name)]),
  )
  expect(answer.methods).toEqual(declared)
})
