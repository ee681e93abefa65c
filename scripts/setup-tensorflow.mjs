// Makes TensorFlow loadable by TF.js, for training: `npm run setup:tensorflow [-- cpu|gpu] [--from-wheel]`.
// The npm packages @tensorflow/tfjs-node and -gpu ship neither TensorFlow nor their compiled binding. Their own installer downloads both
// from a host that many sites block; where it cannot, TensorFlow comes out of its wheel on PyPI and the binding is compiled here. What
// was made is kept in the user's cache folder, because `npm ci` empties node_modules.
import { existsSync, rmSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import { buildFromWheel } from './tensorflow/build-from-wheel.mjs'
import { run, SetupError } from './tensorflow/command.mjs'
import { findFault, placeFolders, writeManifest } from './tensorflow/library-tree.mjs'
import { tryOwnInstaller } from './tensorflow/own-installer.mjs'
import { VARIANTS } from './tensorflow/variants.mjs'

const PARTS = ['deps', 'lib']
const MANIFEST = 'manifest.json'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const started = Date.now()

const say = (line) => console.log(`tensorflow: ${line} [${((Date.now() - started) / 1000).toFixed(1)} s]`)

/** Sets one variant up, by the shortest way that works: there already, from the cache, made anew. */
async function setUp(variant, fromWheel) {
  const packageFolder = join(modules, variant.package)
  if (!existsSync(join(packageFolder, 'package.json'))) {
    throw new SetupError(`${variant.package} is not installed: run \`npm ci\` first, without --omit=optional`)
  }
  const sources = fromWheel ? ['wheel'] : ['wheel', 'installer']
  // A manifest in deps/ (which npm removes together with the libraries) says that this very script put them there.
  if (!(await findFault(packageFolder, join(packageFolder, 'deps'), { sources, quick: true }))) return say('ready')

  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const cache = join(process.env.CROSSRES_CACHE || envPaths('crossres', { suffix: '' }).cache, 'tensorflow')
  const name = `${variant.kind}-${version}-${variant.wheels[0].version}-${process.platform}-${process.arch}`
  const keptFor = (source) => join(cache, `${name}-${source}`)
  const kept =
    (await firstWhole(sources.map(keptFor))) ??
    (await makeKept(cache, keptFor, (draft) => make(draft, packageFolder, variant, fromWheel)))
  await placeFolders(kept, packageFolder, PARTS)
  await copyFile(join(kept, MANIFEST), join(packageFolder, 'deps', MANIFEST))
  say(await tryOut(variant))
}

/** The first of these folders that is there and whole, or nothing; every byte of it is read. */
async function firstWhole(folders) {
  for (const folder of folders.filter((path) => existsSync(path))) {
    const fault = await findFault(folder, folder)
    if (!fault) return folder
    say(`${folder} is damaged (${fault}) and not used`)
  }
  return undefined
}

/** Makes a new folder of the cache, which has its final name only when it is whole. */
async function makeKept(cache, keptFor, fill) {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'draft-'))
  // Half a gigabyte that nobody would ever look for again.
  const stopped = () => {
    rmSync(draft, { recursive: true, force: true })
    process.exit(130)
  }
  process.on('SIGINT', stopped).on('SIGTERM', stopped)
  try {
    const source = await fill(draft)
    await writeManifest(draft, PARTS, source)
    const kept = keptFor(source)
    await rm(kept, { recursive: true, force: true })
    // Two processes may make it at once; the second one's is as good as the first one's.
    await rename(draft, kept).catch((error) => {
      if (!existsSync(join(kept, MANIFEST))) throw error
    })
    return kept
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Fills a folder with deps/ and lib/ that work. @returns {Promise<'installer' | 'wheel'>} where they are from */
async function make(folder, packageFolder, variant, fromWheel) {
  if (!fromWheel) {
    say(`asking the installer of ${variant.package}`)
    const failed =
      (await tryOwnInstaller(packageFolder, variant.kind, join(modules, '.bin'))) ?? (await whyBroken(variant))
    if (failed === undefined) {
      await placeFolders(packageFolder, folder, PARTS)
      return 'installer'
    }
    say(`it cannot (${failed}): building from the wheel`)
  }
  await buildFromWheel(folder, packageFolder, variant, say)
  return 'wheel'
}

function whyBroken(variant) {
  return tryOut(variant).then(
    () => undefined,
    (error) => error.message,
  )
}

/** Multiplies two matrices in a process of its own, since a binding that does not fit ends its process. */
async function tryOut(variant) {
  // Node 23 dropped a test of types that TF.js 4.22 asks for; libs/engine/tensorflow.ts restores it for ourselves.
  const script = `require('node:util').isNullOrUndefined ??= (value) => value == null
    const tf = require('${variant.package}')
    if (tf.getBackend() !== 'tensorflow' || tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0] !== 11) process.exit(1)
    const { binding, isUsingGpuDevice } = tf.backend()
    console.log('TensorFlow', binding.TF_Version, 'ready on the', isUsingGpuDevice ? 'GPU' : 'CPU')`
  const said = await run(process.execPath, ['-e', script], {
    cwd: root,
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    advice: `${variant.package} does not load`,
  })
  return said.trim()
}

const args = process.argv.slice(2)
const fromWheel = args.includes('--from-wheel')
const [kind = 'cpu', ...rest] = args.filter((arg) => arg !== '--from-wheel')
const variant = VARIANTS[kind]
if (variant === undefined || rest.length > 0) {
  console.error('usage: npm run setup:tensorflow [-- cpu|gpu] [--from-wheel]')
  process.exit(2)
}
try {
  await setUp(variant, fromWheel)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`tensorflow: ${error.message}`)
  process.exit(1)
}
