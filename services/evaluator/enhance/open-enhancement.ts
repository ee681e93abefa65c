import { readFile } from 'node:fs/promises'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { Engine } from '../../../libs/engine/engine.js'
import type { Enhancement, EnhancementSpec } from './enhancement.js'
import { createEnhancer, type PixelRange } from './enhancer.js'
import { ESRGAN_SCALES, type EsrganScale } from './esrgan-graph.js'
import { fetchEsrgan } from './fetch-esrgan.js'
import { readEsrgan } from './read-esrgan.js'

/** What opening works with. */
export interface OpenEnhancementDeps {
  readonly cacheFolder: string
  createEngine(onnx: Uint8Array): Promise<Engine>
}

const ESRGAN = /^esrgan-slim(?:-x(\d+))?$/
const ESRGAN_DEFAULT_SCALE = 4

/**
 * Loads the network of an enhancement.
 * @throws DomainError MODEL_NOT_FOUND; those of fetchEsrgan, readEsrgan and createEnhancer
 */
export async function openEnhancement(deps: OpenEnhancementDeps, spec: EnhancementSpec): Promise<Enhancement> {
  const { onnx, range } = await readNetwork(deps.cacheFolder, spec)
  const enhancer = await createEnhancer({ name: spec.model, onnx, range, createEngine: deps.createEngine })
  return { enhancer, ...(spec.below === undefined ? {} : { below: spec.below }) }
}

async function readNetwork(
  cacheFolder: string,
  { model, range }: EnhancementSpec,
): Promise<{ readonly onnx: Uint8Array; readonly range: PixelRange }> {
  const named = ESRGAN.exec(model)
  if (named) {
    const scale = Number(named[1] ?? ESRGAN_DEFAULT_SCALE) as EsrganScale
    if (!ESRGAN_SCALES.includes(scale)) throw notFound(model, `esrgan-slim enhances ${ESRGAN_SCALES.join(', ')} times`)
    return { onnx: await readEsrgan(await fetchEsrgan(cacheFolder), scale), range: 255 }
  }
  const onnx = await readFile(model).catch((cause) => {
    throw notFound(model, 'there is no such file', cause)
  })
  return { onnx, range }
}

function notFound(model: string, problem: string, cause?: unknown): DomainError {
  const message = `There is no enhancer ${JSON.stringify(model)}: ${problem}. Name an ONNX file, or esrgan-slim, esrgan-slim-x2, -x3, -x4 or -x8.`
  return new DomainError('MODEL_NOT_FOUND', message, { model }, cause)
}
