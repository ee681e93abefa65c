import type { DotProducts } from '../../../libs/dot-products/dot-products.js'
import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import { createSearchTable } from '../../../libs/metrics/search-outcomes.js'
import type { IdentificationProtocol } from '../../../libs/protocols/protocol.js'
import type { GallerySearches } from '../measure/measure-identification.js'
import { createSubjectNumbers } from '../measure/subjects.js'
import type { ComparedFeatures } from './template-features.js'

/** Takes the scores of one search; the array is used again for the next. */
export type OnSearch = (gallery: number, probe: number, scores: Float32Array) => void

/**
 * Searches every gallery of a protocol for every probe.
 * @param onSearch hears each search: place of the gallery, place of the probe, a score for each template of the gallery
 * @returns the searches of each gallery, and how many subjects the probes have
 */
export async function scoreIdentification(
  products: DotProducts,
  { templates, galleries, probes }: IdentificationProtocol,
  features: ComparedFeatures,
  onSearch: OnSearch = () => {},
): Promise<{ readonly galleries: GallerySearches[]; readonly subjects: number }> {
  const numbers = createSubjectNumbers()
  const numberOf = (template: number) => {
    const { id, subject } = templates[template] as (typeof templates)[number]
    return numbers.of(id, subject)
  }
  const subjectOf = probes.map(numberOf)
  const subjects = numbers.count
  // A probe of nobody known is the mate of nothing, itself as a gallery template included.
  const named = (template: number) => (templates[template]?.subject === null ? UNKNOWN_SUBJECT : numberOf(template))
  const { dimension } = features.probe
  const sides = { left: features.probe.rows, right: features.gallery.rows, dimension }
  const searched: GallerySearches[] = []
  for (const [place, gallery] of galleries.entries()) {
    const table = createSearchTable(probes.length)
    const gallerySubjects = gallery.templates.map(named)
    await products.ofRows(sides, probes, gallery.templates, (search, scores) => {
      table.add({ scores, gallerySubjects, subject: named(probes[search] as number) })
      onSearch(place, search, scores)
    })
    searched.push({ outcomes: table.outcomes(), subjectOf, size: gallery.templates.length })
  }
  return { galleries: searched, subjects }
}
