/** Which side of a comparison is degraded. */
export type DegradedSide = 'probe' | 'gallery' | 'both' | 'matrix'

/** Resolutions of both sides: shortest sides in pixels; 0 is full resolution. */
export interface Condition {
  readonly probe: number
  readonly gallery: number
}

/**
 * @param resolutions shortest sides in pixels, 0 for full; in any order
 * @returns the conditions to measure, by rising probe resolution: `probe` and `gallery` degrade one side against the other at full
 * resolution, `both` compares the same resolution, `matrix` every gallery resolution with every lower or equal probe resolution
 */
export function conditionsOf(resolutions: readonly number[], side: DegradedSide): Condition[] {
  const rising = risingResolutions(resolutions)
  switch (side) {
    case 'probe':
      return rising.map((probe) => ({ probe, gallery: 0 }))
    case 'gallery':
      return rising.map((gallery) => ({ probe: 0, gallery }))
    case 'both':
      return rising.map((resolution) => ({ probe: resolution, gallery: resolution }))
    case 'matrix':
      return rising.flatMap((probe, from) => rising.slice(from).map((gallery) => ({ probe, gallery })))
  }
}

/** @returns each once, rising, full resolution (0) last */
export function risingResolutions(resolutions: Iterable<number>): number[] {
  return [...new Set(resolutions)].sort(
    (a, b) => (a || Number.POSITIVE_INFINITY) - (b || Number.POSITIVE_INFINITY) || 0,
  )
}

/** @returns "16", or "full" */
export const resolutionText = (resolution: number): string => (resolution === 0 ? 'full' : String(resolution))
