import type { Protocol, ProtocolImage } from '../../../libs/protocols/protocol.js'
import type { WantedPicture } from '../features/extract-features.js'
import { type Condition, risingResolutions } from '../measure/conditions.js'

/** @returns which features the protocols' comparisons need under all conditions, each picture once */
export function wantedPictures(protocols: readonly Protocol[], conditions: readonly Condition[]): WantedPicture[] {
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
    for (const templates of galleries) {
      want(
        templates,
        conditions.map(({ gallery }) => gallery),
      )
    }
    want(
      probes,
      conditions.map(({ probe }) => probe),
    )
  }
  return [...wanted.values()].map(({ image, resolutions }) => ({ image, resolutions: risingResolutions(resolutions) }))
}
