import { FaceSelection } from '../../../gen/crossres/v1/common.js'
import { VariantSize } from '../../../gen/crossres/v1/downsampler.js'
import { encodePng } from '../../../libs/image/encode.js'
import type { Clients } from '../../../libs/rpc/client.js'
import type { StartProgress } from '../progress.js'
import { galleryName, lastSegment } from '../resource-names.js'
import { streamItems } from '../stream-items.js'
import type { EnrolledFace, Probe } from './material.js'
import { FULL, RESOLUTIONS } from './resolutions.js'

/** A subject found for a probe. */
export interface Found {
  readonly subject: string
  readonly score: number
}

/** One search: one probe at one resolution. */
export interface SearchResult {
  /** Index of the probe. */
  readonly probe: number
  /** Who is on it. */
  readonly subject: string
  readonly resolution: number
  /** All subjects of the gallery, best first. */
  readonly candidates: readonly Found[]
}

const MAX_CANDIDATES = 1_000

/** Enrols every face into a gallery that is there, each with its place given. */
export async function enrolFaces(
  { galleryIndex }: Clients,
  gallery: string,
  faces: readonly EnrolledFace[],
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<void> {
  const progress = startProgress('Enrolling', faces.length)
  try {
    const answers = streamItems(
      faces,
      async ({ subject, picture, region }) => ({
        gallery: galleryName(gallery),
        subjectId: subject,
        faces: [
          {
            input: { $case: 'image' as const, value: { source: { $case: 'content' as const, value: picture } } },
            faces: FaceSelection.GIVEN,
            region,
          },
        ],
      }),
      (requests) => galleryIndex.enrollStream(requests, { signal }),
    )
    for await (const outcome of answers) {
      if ('failure' in outcome) throw new Error(`Enrolling ${outcome.item.subject} failed: ${outcome.failure.message}`)
      progress.advance()
    }
  } finally {
    progress.stop()
  }
}

/** Degrades every probe to every resolution and searches the gallery for it. */
export async function matchProbes(
  { downsampler, galleryIndex }: Clients,
  gallery: string,
  probes: readonly Probe[],
  startProgress: StartProgress,
  signal: AbortSignal,
): Promise<SearchResult[]> {
  const results: SearchResult[] = []
  const progress = startProgress('Matching', probes.length)
  try {
    for (const [probe, { subject, chip }] of probes.entries()) {
      const sharp = Buffer.from(await encodePng(chip))
      const { variants } = await downsampler.downsample(
        {
          image: { source: { $case: 'content', value: sharp } },
          resolutions: RESOLUTIONS.filter((resolution) => resolution !== FULL),
          size: VariantSize.RESTORED,
        },
        { signal },
      )
      const searches = [{ resolution: FULL, png: sharp }, ...variants]
      const answers = streamItems(
        searches,
        async ({ png, resolution }) => ({
          gallery: galleryName(gallery),
          probe: [
            {
              input: { $case: 'image' as const, value: { source: { $case: 'content' as const, value: png } } },
              faces: FaceSelection.WHOLE_IMAGE,
              trueResolution: resolution,
            },
          ],
          maxCandidates: MAX_CANDIDATES,
        }),
        (requests) => galleryIndex.matchStream(requests, { signal }),
      )
      for await (const outcome of answers) {
        if ('failure' in outcome) throw new Error(`Matching ${subject} failed: ${outcome.failure.message}`)
        const candidates = outcome.response.candidates.map((found) => ({
          subject: lastSegment(found.subject),
          score: found.score,
        }))
        results.push({ probe, subject, resolution: outcome.item.resolution, candidates })
      }
      progress.advance()
    }
    return results
  } finally {
    progress.stop()
  }
}
