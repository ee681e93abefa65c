import type { Protocol, ProtocolImage } from '../../../libs/protocols/protocol.js'
import type { WantedPicture } from '../features/extract-features.js'
import { type Condition, risingResolutions } from '../measure/conditions.js'

/**
 * @param wants whether to take a side's pictures at a resolution; absent: all
 * @returns which features the protocols' comparisons need under all conditions, each picture once
 */
export function wantedPictures(
  protocols: readonly Protocol[],
  conditions: readonly Condition[],
  wants: (side: keyof Condition, resolution: number) => boolean = () => true,
): WantedPicture[] {
  const wanted = new Map<string, { readonly image: ProtocolImage; readonly resolutions: Set<number> }>()
  for (const protocol of protocols) {
    const images = new Map(protocol.images.map((image) => [image.id, image]))
    const want = (templates: Iterable<number>, resolutions: readonly number[]) => {
      for (const template of new Set(templates)) {
        for (const id of protocol.templates[template]?.images ?? []) {
          const entry = wanted.get(id) ?? { image: images.get(id) as ProtocolImage, resolutions: new Set() }
          for (const resolution of resolutions) entry.resolutions.add(resolution)
          wanted.set(id, entry)
        }
      }
    }
    const galleries =
      protocol.kind === 'verification'
        ? [protocol.pairs.reference]
        : protocol.galleries.map(({ templates }) => templates)
    const probes = protocol.kind === 'verification' ? protocol.pairs.probe : protocol.probes
    const resolutionsOf = (side: keyof Condition) =>
      conditions.map((condition) => condition[side]).filter((resolution) => wants(side, resolution))
    for (const templates of galleries) want(templates, resolutionsOf('gallery'))
    want(probes, resolutionsOf('probe'))
  }
  return [...wanted.values()]
    .filter(({ resolutions }) => resolutions.size > 0)
    .map(({ image, resolutions }) => ({ image, resolutions: risingResolutions(resolutions) }))
}
