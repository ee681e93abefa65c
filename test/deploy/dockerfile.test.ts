import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ROOT } from './kustomize.js'
import { linters } from './read-overlay.js'

const run = promisify(execFile)
const dockerfile = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8')

it('passes hadolint', { timeout: 600_000 }, async () => {
  const hadolint = join(dirname(await linters()), 'hadolint')
  await expect(run(hadolint, [join(ROOT, 'deploy/Dockerfile')])).resolves.toMatchObject({ stdout: '' })
})

it('starts from images pinned by digest, and from nothing else', () => {
  const bases = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)]
  expect(bases.map(([, name]) => name)).toEqual(['NODE_IMAGE', 'RUNTIME_IMAGE'])
  for (const [, , image] of bases) expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from = '', name = '']) => ({ from, name }))
  const known = [...bases.map(([, name]) => `\${${name}}`), ...stages.map(({ name }) => name)]
  for (const { from } of stages) expect(known).toContain(from)
  expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(['cpu', 'trainer', 'gpu']))
  // Serving needs no TensorFlow: whoever names no target gets the small one.
  expect(stages.at(-1)?.from).toBe('cpu')
})

it('runs as the user that the manifests run as', () => {
  const users = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user)
  expect(users).toEqual(['10001:10001'])
})

it('takes every file that a stage copies into the build', async () => {
  const ignore = await readFile(join(ROOT, '.dockerignore'), 'utf8')
  const taken = ignore
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm)].flatMap(([, files = '']) =>
    files.split(' ').slice(0, -1),
  )
  expect(taken.sort()).toEqual([...new Set(copies)].sort())
})
