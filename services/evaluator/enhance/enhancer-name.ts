import { DomainError } from '../../../libs/config/domain-error.js'
import { resolveUri } from '../../../libs/objects/resolve-uri.js'
import { ESRGAN_SCALES, type EsrganScale } from './esrgan-graph.js'

/** What a name of an enhancer means. */
export type EnhancerPlace =
  | { readonly kind: 'esrgan'; readonly scale: EsrganScale }
  | { readonly kind: 'object'; readonly key: string }
  | { readonly kind: 'file'; readonly path: string }

const ESRGAN = /^esrgan-slim(?:-x(\d+))?$/
const DEFAULT_SCALE = 4
/** Two letters at least: one is a drive of Windows. */
const URI = /^[a-z][a-z0-9+.-]+:/i

/**
 * @param name `esrgan-slim`, `esrgan-slim-x2`, `object:KEY`, or the path of an ONNX file
 * @throws DomainError MODEL_NOT_FOUND, URI_INVALID, URI_UNSUPPORTED, OBJECT_KEY_INVALID
 */
export function enhancerPlace(name: string): EnhancerPlace {
  const named = ESRGAN.exec(name)
  if (named) {
    const scale = Number(named[1] ?? DEFAULT_SCALE) as EsrganScale
    if (ESRGAN_SCALES.includes(scale)) return { kind: 'esrgan', scale }
    throw enhancerNotFound(name, `esrgan-slim enhances ${ESRGAN_SCALES.join(', ')} times`)
  }
  return URI.test(name) ? { kind: 'object', key: resolveUri(name) } : { kind: 'file', path: name }
}

/** @returns the error for an enhancer that is not there */
export function enhancerNotFound(name: string, problem: string, cause?: unknown): DomainError {
  const message = `There is no enhancer ${JSON.stringify(name)}: ${problem}. Name an ONNX file, or object:KEY of one in the object store, or esrgan-slim, esrgan-slim-x2, -x3, -x4 or -x8.`
  return new DomainError('MODEL_NOT_FOUND', message, { model: name }, cause)
}
