// A folder of libraries with a manifest of sizes and SHA-256 sums: how it is described, verified and put somewhere else.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

const MANIFEST = 'manifest.json'
const BINDING = /\.node$/

/**
 * Writes the manifest of a folder, the last thing to be written: a folder that has one is whole.
 * @param {string} folder
 * @param {readonly string[]} parts the folders in it that count
 * @param {string} source where its files are from
 */
export async function writeManifest(folder, parts, source) {
  const files = []
  for (const path of await filesBelow(folder, parts)) {
    const file = join(folder, path)
    files.push({ path, size: (await stat(file)).size, sha256: await sha256(file) })
  }
  await writeFile(join(folder, MANIFEST), `${JSON.stringify({ source, files }, undefined, 2)}\n`)
}

/**
 * Verifies a folder against a manifest.
 * @param {string} folder
 * @param {string} manifestFolder where the manifest is
 * @param {{ sources?: readonly string[], quick?: boolean }} options the sources that will do; quick: sums for the binding alone, sizes for
 *   the libraries (hundreds of megabytes)
 * @returns {Promise<string | undefined>} what is wrong, or nothing
 */
export async function findFault(folder, manifestFolder, { sources, quick = false } = {}) {
  let source
  let files
  try {
    ;({ source, files } = JSON.parse(await readFile(join(manifestFolder, MANIFEST), 'utf8')))
  } catch (error) {
    return error.code === 'ENOENT' ? 'no manifest' : 'unreadable manifest'
  }
  if (sources && !sources.includes(source)) return `it is from the ${source}`
  if (!files.some(({ path }) => BINDING.test(path))) return 'manifest without a binding'
  for (const { path, size, sha256: sum } of files) {
    const file = join(folder, path)
    const found = await stat(file).catch(() => undefined)
    if (found?.size !== size) return `${path} ${found ? 'has another size' : 'is missing'}`
    if ((!quick || BINDING.test(path)) && (await sha256(file)) !== sum) return `${path} has another SHA-256`
  }
  return undefined
}

/**
 * Puts folders of one place into another, in place of what is there. Hard links where both are on one file system (no time, no disk
 * space, and unlike symbolic links they survive the other's deletion and a container's COPY), copies elsewhere.
 */
export async function placeFolders(from, to, parts) {
  for (const part of parts) await rm(join(to, part), { recursive: true, force: true })
  for (const path of await filesBelow(from, parts)) {
    await mkdir(dirname(join(to, path)), { recursive: true })
    await link(join(from, path), join(to, path)).catch(() => copyFile(join(from, path), join(to, path)))
  }
}

/** @returns {Promise<string>} the SHA-256 of a file, in hexadecimal */
export async function sha256(file) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk)
  return hash.digest('hex')
}

async function filesBelow(folder, parts) {
  const paths = []
  for (const part of parts) {
    const entries = await readdir(join(folder, part), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isDirectory()) paths.push(relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    }
  }
  return paths.sort()
}
