import type { Protocol } from '../../../libs/protocols/protocol.js'
import { enhancesAt } from '../enhance/enhancement.js'
import { type ExtractDeps, type ExtractOptions, extractFeatures } from '../features/extract-features.js'
import type { FeatureTable } from '../features/feature-table.js'
import type { MeasuredModel } from '../features/measured-model.js'
import type { Condition } from '../measure/conditions.js'
import { type TemplateFeatures, templateFeatures } from '../score/template-features.js'
import type { ModelRun } from './evaluation-result.js'
import { wantedPictures } from './wanted-pictures.js'

/** A model with the features of all pictures. */
export interface EmbeddedModel {
  readonly model: MeasuredModel
  /** What became of its pictures. */
  readonly run: ModelRun
  /** @returns where the features of a side's pictures at a resolution are */
  table(side: keyof Condition, resolution: number): FeatureTable
}

/**
 * Embeds all pictures that the protocols compare, at the resolutions of the conditions; the model's networks are freed then.
 * @param options.enhancement runs on probes only: the same picture in a gallery stays as it is
 * @throws DomainError those of extractFeatures
 */
export async function embedProtocols(
  deps: ExtractDeps,
  model: MeasuredModel,
  protocols: readonly Protocol[],
  conditions: readonly Condition[],
  { enhancement, ...options }: ExtractOptions,
): Promise<EmbeddedModel> {
  try {
    const isEnhanced = (side: keyof Condition, resolution: number) =>
      side === 'probe' && enhancement !== undefined && enhancesAt(enhancement, resolution)
    const asTheyAre = wantedPictures(protocols, conditions, (...place) => !isEnhanced(...place))
    const plain = await extractFeatures(deps, model, asTheyAre, options)
    const enhanced = enhancement
      ? await extractFeatures(deps, model, wantedPictures(protocols, conditions, isEnhanced), {
          ...options,
          enhancement,
        })
      : plain
    return {
      model,
      run: { version: model.versionName, failed: failuresOf(plain, enhanced) },
      table: (side, resolution) => (isEnhanced(side, resolution) ? enhanced : plain),
    }
  } finally {
    await model.close()
  }
}

/** A picture counts once. */
function failuresOf(...tables: readonly FeatureTable[]): ModelRun['failed'] {
  const reasons = new Map(
    tables.flatMap((table) => table.failed().map(({ image, reason }) => [image, reason] as const)),
  )
  return [...reasons].map(([image, reason]) => ({ image, reason }))
}

/** @returns the features of a side's templates at a resolution; each is fused once, however many conditions it takes part in */
export function fusedFeatures(
  protocol: Protocol,
  { model, table }: EmbeddedModel,
): (side: keyof Condition, resolution: number) => TemplateFeatures {
  const fused = new Map<FeatureTable, Map<number, TemplateFeatures>>()
  return (side, resolution) => {
    const from = table(side, resolution)
    const ofTable = fused.get(from) ?? new Map<number, TemplateFeatures>()
    fused.set(from, ofTable)
    const known =
      ofTable.get(resolution) ?? templateFeatures(protocol, from, resolution, model.registered.card.dimension)
    ofTable.set(resolution, known)
    return known
  }
}
