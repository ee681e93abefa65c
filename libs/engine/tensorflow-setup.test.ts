import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const project = join(import.meta.dirname, '..', '..')

// A package laid out like TF.js's, small: its installer writes two files, and it loads only where they are whole.
const INSTALLER = `
const fs = require('fs')
fs.mkdirSync('deps/lib', { recursive: true })
fs.mkdirSync('lib/napi-v8', { recursive: true })
if (process.env.INSTALLER_FAILS) throw new Error('403 Forbidden')
fs.writeFileSync('deps/lib/libtensorflow.so', 'library')
fs.writeFileSync('lib/napi-v8/tfjs_binding.node', 'binding')`
const MAIN = `
const read = (path) => require('fs').readFileSync(require('path').join(__dirname, path), 'utf8')
if (read('deps/lib/libtensorflow.so') + read('lib/napi-v8/tfjs_binding.node') !== 'librarybinding') throw new Error('damaged')
exports.getBackend = () => 'tensorflow'
exports.matMul = () => ({ dataSync: () => [11] })
exports.backend = () => ({ binding: { TF_Version: '0.0' } })`

describe('setup-tensorflow', () => {
  let host: Server
  let root: string
  let cache: string
  let installed: string
  beforeAll(async () => {
    host = createServer((_, response) => response.end())
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'crossres-setup-'))
    cache = join(root, 'cache', 'tensorflow')
    installed = join(root, 'node_modules', '@tensorflow', 'tfjs-node')
    await cp(join(project, 'scripts'), join(root, 'scripts'), { recursive: true })
    await mkdir(join(installed, 'scripts'), { recursive: true })
    await symlink(join(project, 'node_modules', 'env-paths'), join(root, 'node_modules', 'env-paths'))
    const binary = { host: `http://127.0.0.1:${(host.address() as AddressInfo).port}/` }
    await writeFile(join(installed, 'package.json'), JSON.stringify({ version: '4.22.0', main: 'main.js', binary }))
    await writeFile(join(installed, 'scripts', 'install.js'), INSTALLER)
    await writeFile(join(installed, 'main.js'), MAIN)
  })
  afterEach(() => rm(root, { recursive: true }))

  function setUp(env: Record<string, string> = {}, args: readonly string[] = []) {
    const { HTTPS_PROXY, https_proxy, ...inherited } = process.env
    const child = spawn(process.execPath, [join(root, 'scripts', 'setup-tensorflow.mjs'), ...args], {
      env: { ...inherited, CROSSRES_CACHE: join(root, 'cache'), ...env },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    return new Promise<{ code: number | null; said: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, said }))
    })
  }
  const closedHost = { TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:9/' }
  const removeNativePart = async () => {
    for (const part of ['deps', 'lib']) await rm(join(installed, part), { recursive: true, force: true })
  }

  it('lets the installer of the package work, once, and restores what it made after npm removed it', async () => {
    expect(await setUp()).toMatchObject({ code: 0, said: expect.stringContaining('TensorFlow 0.0 ready') })
    const again = await setUp(closedHost)
    expect(again).toMatchObject({ code: 0, said: expect.stringMatching(/^tensorflow: ready \[.*\]\n$/) })

    await removeNativePart()
    const restored = await setUp(closedHost)
    expect(restored).toMatchObject({ code: 0, said: expect.not.stringContaining('installer') })
    expect(await readFile(join(installed, 'deps', 'lib', 'libtensorflow.so'), 'utf8')).toBe('library')
  })

  it.each([join('deps', 'lib', 'libtensorflow.so'), join('lib', 'napi-v8', 'tfjs_binding.node')])(
    'makes anew what is damaged in the cache: %s',
    async (path) => {
      await setUp()
      await removeNativePart()
      const [kept] = await readdir(cache)
      // Of the same length: only the sum tells.
      const file = join(cache, kept!, path)
      await writeFile(file, (await readFile(file, 'utf8')).toUpperCase())
      const { code, said } = await setUp()
      expect(said).toMatch(/is damaged \(.* has another SHA-256\) and not used/)
      expect(said).toContain('asking the installer')
      expect(code).toBe(0)
      expect(await readdir(cache)).toEqual([kept])
    },
  )

  it('sees a damaged binding in node_modules, and puts a whole one there', async () => {
    await setUp()
    const binding = join(installed, 'lib', 'napi-v8', 'tfjs_binding.node')
    await rm(binding)
    await writeFile(binding, 'BINDING')
    expect(await setUp(closedHost)).toMatchObject({ code: 0, said: expect.stringContaining('TensorFlow 0.0 ready') })
    expect(await readFile(binding, 'utf8')).toBe('binding')
  })

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'says what is missing where neither way is open, and leaves nothing behind',
    async () => {
      for (const [env, reason] of [
        [closedHost, '127.0.0.1:9 does not answer'],
        [{ INSTALLER_FAILS: '1' }, '403 Forbidden'],
      ] as const) {
        const { code, said } = await setUp({ ...env, PATH: root })
        expect(said).toContain(reason)
        expect(said).toContain('python3 is missing: install Python 3')
        expect(code).toBe(1)
        expect(await readdir(cache)).toEqual([])
        expect(await readdir(installed)).not.toContain('deps')
      }
    },
  )

  it('leaves the installer out where the wheel is asked for, though the cache has what it made', async () => {
    await setUp()
    const { code, said } = await setUp({ PATH: root }, ['--from-wheel'])
    expect(said).not.toContain('installer')
    expect(code).toBe(1)
  })

  it.each([
    [['tpu'], 2, 'usage'],
    [['gpu'], 1, '@tensorflow/tfjs-node-gpu is not installed'],
  ])('refuses %j', async (args, code, message) => {
    expect(await setUp({}, args)).toMatchObject({ code, said: expect.stringContaining(message) })
  })
})
