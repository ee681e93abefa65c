import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { DomainError } from '../../../libs/config/domain-error.js'
import { readWeights, weightLookup } from '../../../libs/models/face-api/read-weights.js'
import { writeOnnx } from '../../../libs/onnx/write-onnx.js'
import { type EsrganScale, esrganGraph } from './esrgan-graph.js'

/**
 * Converts one network of the package @upscalerjs/esrgan-slim into ONNX; equal archives give equal bytes.
 * @param archive the package as npm packs it (.tgz)
 * @throws DomainError MODEL_WEIGHTS_INVALID where the archive lacks the network, or its weights do not fit
 */
export async function readEsrgan(archive: string, scale: EsrganScale): Promise<Uint8Array> {
  const manifestName = `package/models/x${scale}/model.json`
  const binaryName = `package/models/x${scale}/group1-shard1of1.bin`
  const files = new Map<string, Buffer>()
  const packed = await readFile(archive)
  try {
    const entries = extract()
    // Unpacked whole, then read: an error of one stream in a pipe would not end the other.
    entries.end(await promisify(gunzip)(packed))
    for await (const entry of entries) {
      const { name } = entry.header
      if (name === manifestName || name === binaryName) files.set(name, await buffer(entry))
      else entry.resume()
    }
  } catch (cause) {
    throw invalid(archive, 'it is no .tgz archive', cause)
  }
  const [manifest, binary] = [files.get(manifestName), files.get(binaryName)]
  if (!manifest || !binary) throw invalid(archive, `it has no ${manifest ? binaryName : manifestName}`)
  return writeOnnx(esrganGraph(weightLookup(readWeights(manifestOf(manifest), binary)), scale))
}

/** @returns the part of a Keras model's description that lists its weights, empty where it has none: the reader then says what is wrong */
function manifestOf(model: Buffer): string {
  try {
    return JSON.stringify(JSON.parse(model.toString('utf8')).weightsManifest) ?? ''
  } catch {
    return ''
  }
}

function invalid(archive: string, problem: string, cause?: unknown): DomainError {
  const message = `The network cannot be read from ${archive}: ${problem}. Remove the file, so that it is fetched again.`
  return new DomainError('MODEL_WEIGHTS_INVALID', message, { archive }, cause)
}
