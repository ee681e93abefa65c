import type { Metrics } from '../../libs/telemetry/metrics.js'
import type { GalleryStore } from './store/gallery-store.js'

/** Has the metrics tell how much is enrolled, all galleries together: their names are their owners' business. @returns ends that */
export function watchIndexSize(store: Pick<GalleryStore, 'listGalleries'>, metrics: Metrics): () => void {
  const sum = (of: 'subjectCount' | 'faceCount' | undefined) => {
    let total = 0
    let pageToken = ''
    do {
      const page = store.listGalleries({ pageSize: 0, pageToken })
      for (const gallery of page.items) total += of === undefined ? 1 : gallery[of]
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return total
  }
  const watches = [
    metrics.watch('galleries', () => sum(undefined)),
    metrics.watch('indexSubjects', () => sum('subjectCount')),
    metrics.watch('indexFaces', () => sum('faceCount')),
  ]
  return () => {
    for (const unwatch of watches) unwatch()
  }
}
