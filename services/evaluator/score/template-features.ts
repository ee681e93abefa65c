import { fuseTemplates } from '../../../libs/protocols/fuse-templates.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import type { FeatureTable } from '../features/feature-table.js'

/** A feature for each template of a protocol. */
export interface TemplateFeatures {
  /** [templates, dimension], row by row, each of length one; a row of NaN where nothing of a template could be embedded. */
  readonly rows: Float32Array
  readonly dimension: number
}

/** What a protocol compares: the templates' features at the resolution of the gallery, and at that of the probes. */
export interface ComparedFeatures {
  readonly gallery: TemplateFeatures
  readonly probe: TemplateFeatures
}

/** @returns the templates' features at a resolution; those whose pictures were not asked for at it have none */
export function templateFeatures(
  protocol: Protocol,
  table: FeatureTable,
  resolution: number,
  dimension: number,
): TemplateFeatures {
  const fused = fuseTemplates(protocol, { dimension, of: (image) => table.get(image, resolution) })
  for (let t = 0; t < protocol.templates.length; t++) {
    if (!fused.present[t]) fused.features.fill(Number.NaN, t * dimension, (t + 1) * dimension)
  }
  return { rows: fused.features, dimension }
}
