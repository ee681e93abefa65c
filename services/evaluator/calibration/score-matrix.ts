import type { BandScores } from '../../../libs/calibration/fit-calibration.js'
import { splitScores } from '../../../libs/metrics/verification-scores.js'

/** Every probe of a band compared with every template. */
export interface ScoreMatrix {
  /** Upper edge of the band in pixels; 0 is full resolution. */
  readonly resolution: number
  /** Cosines, [probes, templates], row by row; NaN where an extraction failed. */
  readonly scores: Float32Array
  /** For each probe its subject, numbered from 0. */
  readonly probeSubjects: Uint32Array
  /** For each template its subject. */
  readonly templateSubjects: Uint32Array
}

/** @returns the scores apart by what they are of */
export function bandScores({ resolution, scores, probeSubjects, templateSubjects }: ScoreMatrix): BandScores {
  const mated = new Uint8Array(scores.length)
  const width = templateSubjects.length
  for (const [probe, subject] of probeSubjects.entries()) {
    for (let template = 0; template < width; template++) {
      mated[probe * width + template] = templateSubjects[template] === subject ? 1 : 0
    }
  }
  return { resolution, ...splitScores(scores, mated) }
}
