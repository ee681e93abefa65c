// Takes out of node_modules what an image does not need at run time: `node prune-modules.mjs [tfjs-node | tfjs-node-gpu]`, in the folder of
// package.json. TensorFlow goes unless it is named.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const modules = 'node_modules'
const kept = process.argv[2]
if (kept !== undefined && !existsSync(join(modules, '@tensorflow', kept, 'package.json'))) {
  throw new Error(`@tensorflow/${kept} is not installed: name tfjs-node or tfjs-node-gpu`)
}

// The optional dependencies of crossres itself, with what only they need. Those of other packages are their binaries for this platform.
const manifest = JSON.parse(await readFile('package.json', 'utf8'))
const optional = Object.entries(manifest.optionalDependencies).filter(([name]) => name === `@tensorflow/${kept}`)
await writeFile('package.json', JSON.stringify({ ...manifest, optionalDependencies: Object.fromEntries(optional) }))
const { status } = spawnSync('npm', ['prune', '--omit=dev', '--no-progress'], { stdio: 'inherit' })
if (status !== 0) throw new Error(`npm prune ended with ${status}`)

const here = `${process.platform}-${process.arch}`
const children = async (...path) => (await readdir(join(modules, ...path))).map((name) => join(...path, name))

// Binaries for other machines.
const runtimes = await children('onnxruntime-node', 'bin', 'napi-v6')
const runtimesHere = await children('onnxruntime-node', 'bin', 'napi-v6', process.platform)
const prebuilds = await children('usearch', 'prebuilds')
const foreign = [
  ...runtimes.filter((path) => !path.endsWith(process.platform)),
  ...runtimesHere.filter((path) => !path.endsWith(process.arch)),
  ...prebuilds.filter((path) => !path.endsWith(here)),
]

// Sources of native parts, and the bundles of face-api: its weights and sample photographs are what is used.
const sources = [
  ...['c', 'cpp', 'include', 'cmake', 'numkong'].map((name) => join('usearch', name)),
  ...['dist', 'src', 'types'].map((name) => join('@vladmandic', 'face-api', name)),
]
for (const path of [...foreign, ...sources]) await rm(join(modules, path), { recursive: true, force: true })

// What helps to write programs, not to run them.
for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && /\.(map|flow|d\.[cm]?ts)$/.test(entry.name)) await rm(join(entry.parentPath, entry.name))
}
