import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { workerFile } from '../config/worker-file.js'
import { createFolderObjectStore } from './folder.js'
import { objectStoreContract } from './object-store.contract.js'
import type { ObjectStore } from './object-store.js'

const newFolder = () => mkdtemp(join(tmpdir(), 'crossres-objects-'))

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

objectStoreContract('a folder', async () => {
  const folder = await newFolder()
  return {
    store: await createFolderObjectStore({ folder: join(folder, 'made', 'when missing') }),
    remove: () => rm(folder, { recursive: true }),
  }
})

describe('createFolderObjectStore', () => {
  let folder: string
  beforeEach(async () => {
    folder = await newFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('keeps objects as plain files, and leaves nothing else behind', async () => {
    const store = await createFolderObjectStore({ folder })
    await store.put('models/base/card.json', Buffer.from('{}'))
    expect(await readFile(join(folder, 'models+', 'base+', 'card.json'), 'utf8')).toBe('{}')
    await store.delete('models/base/card.json')
    expect(await readdir(folder)).toEqual(['+drafts'])
    expect(await readdir(join(folder, '+drafts'))).toEqual([])
  })

  it('finds its objects again, with the same etags', async () => {
    const { etag } = await (await createFolderObjectStore({ folder })).put('a', Buffer.from('one'))
    const again = await createFolderObjectStore({ folder })
    expect(await again.head('a')).toEqual({ key: 'a', size: 3, etag })
  })

  it('keeps apart keys that file systems confuse', async () => {
    const store = await createFolderObjectStore({ folder })
    const keys = [
      'a',
      'A',
      'a/b',
      'a/b/c',
      'e\u0301',
      'é',
      'con',
      'NUL.txt',
      'a.',
      'a ',
      ' a',
      'a%2f',
      'a+',
      'a%',
      '+drafts',
    ]
    keys.push('*?<>|":', `${'長'.repeat(150)}/${'x'.repeat(400)}`)
    for (const key of keys) await store.put(key, Buffer.from(key))
    for (const key of keys) expect(Buffer.from((await store.get(key)).body).toString()).toBe(key)
    expect((await keysOf(store)).toSorted()).toEqual(keys.toSorted())
    expect(await keysOf(store, 'a/b')).toEqual(['a/b', 'a/b/c'])
    expect(await keysOf(store, '長')).toHaveLength(1)
  })

  it('keeps no name of what was deleted', async () => {
    const store = await createFolderObjectStore({ folder })
    await store.put('images/enrol/visitors/jane-doe/1.jpg', Buffer.from('x'))
    await store.put('images/enrol/visitors/john/1.jpg', Buffer.from('x'))
    await store.delete('images/enrol/visitors/jane-doe/1.jpg')
    expect(JSON.stringify(await readdir(folder, { recursive: true }))).not.toContain('jane')
    expect(await keysOf(store)).toEqual(['images/enrol/visitors/john/1.jpg'])
  })

  it('does not list files that others left in the folder', async () => {
    await writeFile(join(folder, 'Notes.TXT'), '')
    await mkdir(join(folder, 'lost+found'))
    const store = await createFolderObjectStore({ folder })
    await store.put('a', Buffer.from(''))
    expect(await keysOf(store)).toEqual(['a'])
  })

  it('has the old object and no draft after a writer was killed', async () => {
    const store = await createFolderObjectStore({ folder })
    await store.put('a', Buffer.from('old'))
    const script = `
      import { Readable } from 'node:stream'
      import { createFolderObjectStore } from ${JSON.stringify(workerFile(import.meta.url, './folder.js').href)}
      const store = await createFolderObjectStore({ folder: ${JSON.stringify(folder)} })
      await store.put('a', Readable.from((async function* () {
        for (let written = 0; ; written++) {
          yield Buffer.alloc(100_000)
          if (written === 20) console.log('writing')
          if (written > 20) await new Promise((resolve) => setTimeout(resolve, 1000))
        }
      })()))`
    const writer = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(writer.stdout, 'data')
    expect(await readdir(join(folder, '+drafts'))).toHaveLength(1)
    writer.kill('SIGKILL')
    await once(writer, 'exit')

    const again = await createFolderObjectStore({ folder })
    expect(Buffer.from((await again.get('a')).body).toString()).toBe('old')
    expect(await readdir(join(folder, '+drafts'))).toEqual([])
  })
})
