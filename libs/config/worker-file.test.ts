import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { workerFile } from './worker-file.js'

describe('workerFile', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'crossres-worker-file-'))
  })
  afterEach(() => rm(root, { recursive: true }))
  const url = (...parts: string[]) => pathToFileURL(join(root, ...parts)).href

  it('is the neighbour of a compiled caller', () => {
    expect(workerFile(url('dist', 'libs', 'x.js'), './x-worker.js').href).toBe(url('dist', 'libs', 'x-worker.js'))
  })

  it('is the compiled file where the caller is a source', async () => {
    await writeFile(join(root, 'package.json'), '{}')
    await mkdir(join(root, 'dist', 'libs', 'deep'), { recursive: true })
    await writeFile(join(root, 'dist', 'libs', 'deep', 'x-worker.js'), '')
    expect(workerFile(url('libs', 'deep', 'x.ts'), './x-worker.js').href).toBe(
      url('dist', 'libs', 'deep', 'x-worker.js'),
    )
  })

  it('says how to build what is not built', async () => {
    await writeFile(join(root, 'package.json'), '{}')
    expect(() => workerFile(url('libs', 'x.ts'), './x-worker.js')).toThrow(
      expect.objectContaining({ reason: 'NOT_BUILT', message: expect.stringContaining('npm run build') }),
    )
  })

  it('ends its search where no folder above is a package', () => {
    expect(() => workerFile(url('libs', 'x.ts'), './x-worker.js')).toThrow(
      expect.objectContaining({ reason: 'NOT_BUILT' }),
    )
  })
})
