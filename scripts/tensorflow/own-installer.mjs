// The installer that the TF.js package brings along: it downloads libtensorflow and a prebuilt binding from the authors' own host.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.mjs'

const ANSWER_LIMIT = 3_000
const INSTALL_LIMIT = 300_000

/**
 * Lets the package's own installer try. Where its host is blocked it would wait for minutes, so the host is asked first.
 * @param {string} folder the package's folder
 * @param {'cpu' | 'gpu'} kind
 * @param {string} bin the folder of the programs of installed packages: the installer calls node-pre-gyp by name
 * @returns {Promise<string | undefined>} why it did not work, or nothing
 */
export async function tryOwnInstaller(folder, kind, bin) {
  const packageJson = join(folder, 'package.json')
  const original = await readFile(packageJson, 'utf8')
  const host = process.env.TFJS_NODE_CDN_STORAGE || JSON.parse(original).binary.host
  // Behind a proxy the installer finds its own way, but fetch does not.
  const proxied = process.env.HTTPS_PROXY || process.env.https_proxy
  if (!proxied && !(await answers(host))) return `${new URL(host).host} does not answer`
  try {
    await run(process.execPath, [join('scripts', 'install.js'), kind, 'download'], {
      cwd: folder,
      env: { PATH: `${bin}:${process.env.PATH}` },
      limit: INSTALL_LIMIT,
      advice: 'trying another way',
    })
    return undefined
  } catch (error) {
    // It edits its own package.json while it works, and leaves half of the libraries behind.
    await writeFile(packageJson, original)
    for (const part of ['deps', 'lib']) await rm(join(folder, part), { recursive: true, force: true })
    return error.message
  }
}

/** Whether a host answers a request at all, whatever it says. */
async function answers(url) {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_LIMIT) })
    return true
  } catch {
    return false
  }
}
