import type { EvaluationConfig } from '../../../gen/crossres/v1/evaluator.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { EnhancementSpec } from '../enhance/enhancement.js'
import { enhancerNotFound, enhancerPlace } from '../enhance/enhancer-name.js'
import { invalid } from './field-errors.js'

/**
 * @returns the enhancement that a config asks for; undefined: none
 * @throws DomainError FIELD_INVALID; MODEL_NOT_FOUND, URI_INVALID, URI_UNSUPPORTED, OBJECT_KEY_INVALID
 */
export async function configEnhancement(
  objects: Pick<ObjectStore, 'head'>,
  { enhanceModel: model, enhanceRange, enhanceBelow: below }: EvaluationConfig,
): Promise<EnhancementSpec | undefined> {
  if (enhanceRange !== 0 && enhanceRange !== 1 && enhanceRange !== 255)
    throw invalid('config.enhance_range', `${enhanceRange} is no range of pixel values`, 'set it to 1 or 255')
  if (model === '') {
    if (below === 0 && enhanceRange === 0) return undefined
    throw invalid('config.enhance_model', 'It is empty, though more is said of enhancement', 'name the network')
  }
  const place = enhancerPlace(model)
  // A name that looks like a file would be one of the evaluator's machine.
  if (place.kind === 'file') throw enhancerNotFound(model, 'files of callers are not at hand here')
  if (place.kind === 'object' && (await objects.head(place.key)) === undefined)
    throw enhancerNotFound(model, 'there is no such object')
  return { model, range: enhanceRange === 255 ? 255 : 1, ...(below > 0 ? { below } : {}) }
}
