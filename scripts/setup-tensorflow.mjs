// Makes TensorFlow loadable by TF.js, for training: `npm run setup:tensorflow [-- cpu|gpu] [--from-wheel]`.
// The npm packages @tensorflow/tfjs-node and -gpu ship neither TensorFlow nor their compiled binding. Their own installer downloads both
// from a host that many sites block; where it cannot, TensorFlow comes out of its wheel on PyPI and the binding is compiled here. What
// was made is kept in the user's cache folder, because `npm ci` empties node_modules.
import { existsSync } from 'node:fs'
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
  // A manifest in deps/ (which npm removes together with the libraries) says that this very script put them there.
  if (!(await findFault(packageFolder, join(packageFolder, 'deps'), { quick: true }))) return say('ready')

  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const cache = join(process.env.CROSSRES_CACHE || envPaths('crossres', { suffix: '' }).cache, 'tensorflow')
  const name = `${variant.kind}-${version}-${variant.wheels[0].version}-${process.platform}-${process.arch}`
  const kept = join(cache, name)
  const fault = await findFault(kept, kept)
  if (fault) {
    if (existsSync(kept)) say(`the cache is not used: ${fault} in ${kept}`)
    await mkdir(cache, { recursive: true })
    const draft = await mkdtemp(join(cache, `${name}-`))
    try {
      await make(draft, packageFolder, variant, fromWheel)
      await rm(kept, { recursive: true, force: true })
      // Two processes may make it at once; the second one's is as good as the first one's.
      await rename(draft, kept).catch((error) => {
        if (!existsSync(join(kept, MANIFEST))) throw error
      })
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }
  await place(kept, packageFolder)
  say(await tryOut(variant))
}

/** Fills a folder with deps/ and lib/ that work, and a manifest. */
async function make(folder, packageFolder, variant, fromWheel) {
  if (!fromWheel) {
    say(`asking the installer of ${variant.package}`)
    const reason = await tryOwnInstaller(packageFolder, variant.kind, join(modules, '.bin'))
    const broken =
      reason ??
      (await tryOut(variant).then(
        () => undefined,
        (error) => error.message,
      ))
    if (broken === undefined) {
      await placeFolders(packageFolder, folder, PARTS)
      return writeManifest(folder, PARTS)
    }
    say(`it cannot (${broken}): building from the wheel`)
  }
  await buildFromWheel(folder, packageFolder, variant, say)
  await writeManifest(folder, PARTS)
}

async function place(kept, packageFolder) {
  await placeFolders(kept, packageFolder, PARTS)
  await copyFile(join(kept, MANIFEST), join(packageFolder, 'deps', MANIFEST))
}

/** Multiplies two matrices in a process of its own, since a binding that does not fit ends its process. */
async function tryOut(variant) {
  const script = `const tf = require('${variant.package}')
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
