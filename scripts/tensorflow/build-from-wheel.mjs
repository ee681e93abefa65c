// libtensorflow out of the TensorFlow wheel on PyPI, and the package's own N-API binding compiled against it.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { run, SetupError } from './command.mjs'
import { sha256 } from './library-tree.mjs'

// Members of a wheel whose names match a pattern go to its folder, under the name of the pattern's group.
const EXTRACT = `
import os, re, shutil, sys, zipfile
wheel, *rules = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        for pattern, folder in zip(rules[::2], rules[1::2]):
            found = re.fullmatch(pattern, name)
            if not found: continue
            path = os.path.join(folder, found[1])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(name) as source, open(path, 'wb') as target: shutil.copyfileobj(source, target, 1 << 20)
            os.chmod(path, 0o755 if archive.getinfo(name).external_attr >> 16 & 0o100 else 0o644)
`
const LIBRARIES = 'tensorflow/(libtensorflow_(?:cc|framework)[.]so[.]2)'
// The C interface and what it includes.
const HEADERS = 'tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl/c)/.*[.]h)'
// nvidia/NAME/lib beside lib/ is where the RUNPATH of TensorFlow's libraries looks; cuda_nvcc has ptxas and libdevice.
const CUDA = '(nvidia/[^/]+/lib/.*[.]so.*|nvidia/cuda_nvcc/(?:bin|nvvm)/.*)'
const INSTALL = {
  python: 'install Python 3.8 or later (Debian: apt-get install python3)',
  pip: 'install pip (Debian: apt-get install python3-pip)',
  compiler: 'install a C++17 compiler (Debian: apt-get install g++)',
  strip: 'install binutils (Debian: apt-get install binutils)',
}

/**
 * Makes `deps/lib` and `lib/napi-vN` in a folder, laid out like the package's own installer does it.
 * @param {string} folder where to
 * @param {string} packageFolder the TF.js package, whose binding/*.cc is compiled
 * @param {import('./variants.mjs').Variant} variant
 * @param {(line: string) => void} say told of every step
 * @throws SetupError when a program, a wheel or the platform does not do
 */
export async function buildFromWheel(folder, packageFolder, variant, say) {
  const compiler = process.env.CXX || 'g++'
  requireGlibc()
  await run('python3', ['--version'], { advice: INSTALL.python })
  await run('python3', ['-m', 'pip', '--version'], { advice: INSTALL.pip })
  await run(compiler, ['--version'], { advice: INSTALL.compiler })
  await run('strip', ['--version'], { advice: INSTALL.strip })

  const libraries = join(folder, 'deps', 'lib')
  const headers = join(folder, 'include')
  const wheels = join(folder, 'wheels')
  const [tensorflow, ...others] = variant.wheels
  say(`downloading ${tensorflow.name} ${tensorflow.version} with pip (${variant.download})`)
  const wheel = await downloadWheel(tensorflow, wheels)
  say('extracting its libraries')
  await extract(wheel, LIBRARIES, libraries, HEADERS, headers)
  const found = (await readdir(libraries)).map((name) => join(libraries, name))
  await run('strip', ['--strip-unneeded', ...found], { advice: INSTALL.strip })
  for (const other of others) {
    say(`downloading ${other.name} ${other.version}`)
    await extract(await downloadWheel(other, wheels), CUDA, join(folder, 'deps'))
  }

  say('compiling the binding')
  const binding = await bindingPath(folder, packageFolder)
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name))
  const nodeApi = createRequire(import.meta.url)('node-api-headers').include_dir
  const options = ['-std=c++17', '-O2', '-fPIC', '-shared', '-s', '-w']
  const defines = [`-DNAPI_VERSION=${binding.napiVersion}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding']
  const links = [`-L${libraries}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2']
  const rpath = '-Wl,-rpath,$ORIGIN/../../deps/lib'
  await run(
    compiler,
    [...options, ...defines, `-I${nodeApi}`, `-I${headers}`, ...sources, '-o', binding.file, ...links, rpath],
    { advice: `the binding of ${variant.package} cannot be compiled against TensorFlow ${tensorflow.version}` },
  )
  for (const rest of [headers, wheels]) await rm(rest, { recursive: true, force: true })
}

/** Downloads one wheel and checks its SHA-256 (pip does too: it refuses a requirement with another sum). */
async function downloadWheel({ name, version, sha256: sum }, folder) {
  await mkdir(folder, { recursive: true })
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, `${name}==${version} --hash=sha256:${sum}\n`)
  const platforms = ['manylinux_2_17', 'manylinux2014', 'manylinux1', 'manylinux_2_27']
  const pip = [
    '-m',
    'pip',
    'download',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--no-deps',
    '--require-hashes',
  ]
  const wanted = [
    '--only-binary=:all:',
    '--implementation',
    'cp',
    '--python-version',
    '3.11',
    '--abi',
    'cp311',
    '--abi',
    'none',
  ]
  const where = platforms.flatMap((platform) => ['--platform', `${platform}_x86_64`])
  const tty = process.stdout.isTTY === true
  await run(
    'python3',
    [...pip, ...(tty ? [] : ['--quiet']), ...wanted, ...where, '--platform', 'any', '-d', folder, '-r', requirements],
    { show: tty, advice: `check that pip reaches a package index that has ${name}==${version}` },
  )
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.whl'))
  if (file === undefined) throw new SetupError(`pip downloaded no wheel of ${name}==${version}`)
  const wheel = join(folder, file)
  if ((await sha256(wheel)) !== sum)
    throw new SetupError(`${basename(wheel)} has another SHA-256 than ${sum}: not used`)
  return wheel
}

async function extract(wheel, ...rules) {
  await run('python3', ['-c', EXTRACT, wheel, ...rules], {
    advice: `${basename(wheel)} cannot be unpacked: is the disk full?`,
  })
  await rm(wheel)
}

/** Where the package looks for its binding under this Node: lib/napi-vN for the newest N-API that both know. */
async function bindingPath(folder, packageFolder) {
  const { binary } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const napiVersion = Math.max(...binary.napi_versions.filter((version) => version <= Number(process.versions.napi)))
  const target = join(folder, binary.module_path.replace('{napi_build_version}', String(napiVersion)))
  await mkdir(target, { recursive: true })
  return { napiVersion, file: join(target, `${binary.module_name}.node`) }
}

function requireGlibc() {
  const { platform, arch } = process
  if (platform === 'linux' && arch === 'x64' && process.report.getReport().header.glibcVersionRuntime) return
  throw new SetupError(
    `there is no TensorFlow for ${platform} ${arch} to build from (only for x86-64 Linux with glibc): ` +
      `open the way to the host of the package's own installer, or set TFJS_NODE_CDN_STORAGE to a mirror of it`,
  )
}
