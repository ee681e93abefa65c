import type { SearchResult } from './match-probes.js'
import { RESOLUTIONS } from './resolutions.js'

/** What the searches at one resolution came to. */
export interface Figures {
  readonly resolution: number
  readonly probes: number
  /** Probes whose best candidate is the right subject. */
  readonly right: number
  /** Mean cosine of the probes with their own subject. */
  readonly meanMated: number
  /** Mean over the probes of the best cosine with anybody else; NaN in a gallery of one subject. */
  readonly meanBestNonMated: number
}

/** The two scores of one search that tell the right subject from all others. */
export interface ScorePair {
  readonly mated: number
  /** NaN in a gallery of one subject. */
  readonly bestNonMated: number
}

/** @returns the score with the probe's own subject and the best one with anybody else */
export function scorePair({ candidates, subject }: SearchResult): ScorePair {
  return {
    mated: candidates.find((found) => found.subject === subject)?.score ?? Number.NaN,
    bestNonMated: candidates.find((found) => found.subject !== subject)?.score ?? Number.NaN,
  }
}

/** @returns whether the best candidate is the person on the probe */
export function isRight({ candidates, subject }: SearchResult): boolean {
  return candidates[0]?.subject === subject
}

/** @returns the figures by resolution, best resolution first; resolutions without a search are left out */
export function figuresByResolution(results: readonly SearchResult[]): Figures[] {
  return RESOLUTIONS.map((resolution) => {
    const searches = results.filter((result) => result.resolution === resolution)
    const pairs = searches.map(scorePair)
    return {
      resolution,
      probes: searches.length,
      right: searches.filter(isRight).length,
      meanMated: mean(pairs.map(({ mated }) => mated)),
      meanBestNonMated: mean(pairs.map(({ bestNonMated }) => bestNonMated)),
    }
  }).filter(({ probes }) => probes > 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
