import { UNKNOWN_SUBJECT } from '../../../libs/metrics/scores.js'
import { createSearchTable } from '../../../libs/metrics/search-outcomes.js'
import type { IdentificationProtocol } from '../../../libs/protocols/protocol.js'
import type { GallerySearches } from '../measure/measure-identification.js'
import { numberSubjects } from '../measure/subjects.js'
import { cosine } from './cosine.js'
import type { TemplateFeatures } from './template-features.js'

/** Takes the scores of one search; the array is used again for the next. */
export type OnSearch = (gallery: number, probe: number, scores: Float32Array) => void

/**
 * Searches every gallery of a protocol for every probe.
 * @param onSearch hears each search: place of the gallery, place of the probe, a score for each template of the gallery
 * @returns the searches of each gallery, and how many subjects there are
 */
export function scoreIdentification(
  { templates, galleries, probes }: IdentificationProtocol,
  galleryFeatures: TemplateFeatures,
  probeFeatures: TemplateFeatures,
  onSearch: OnSearch = () => {},
): { readonly galleries: GallerySearches[]; readonly subjects: number } {
  const subjects = numberSubjects(templates)
  const subjectOf = probes.map((template) => subjects.of[template] as number)
  // A probe of nobody known is the mate of nothing, itself as a gallery template included.
  const named = (template: number) =>
    templates[template]?.subject === null ? UNKNOWN_SUBJECT : (subjects.of[template] as number)
  return {
    galleries: galleries.map((gallery, place) => {
      const table = createSearchTable(probes.length)
      const gallerySubjects = gallery.templates.map(named)
      const scores = new Float32Array(gallery.templates.length)
      for (const [search, probe] of probes.entries()) {
        for (let i = 0; i < scores.length; i++) {
          scores[i] = cosine(galleryFeatures, gallery.templates[i] as number, probeFeatures, probe)
        }
        table.add({ scores, gallerySubjects, subject: named(probe) })
        onSearch(place, search, scores)
      }
      return { outcomes: table.outcomes(), subjectOf, size: scores.length }
    }),
    subjects: subjects.count,
  }
}
