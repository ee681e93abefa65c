/** Stands for the probe as it is. */
export const FULL = 0

/** Shortest sides in pixels that probes are degraded to, best first. */
export const RESOLUTIONS: readonly number[] = [FULL, 64, 32, 24, 16, 8]

/** @returns `16 px` or `full` */
export function resolutionLabel(resolution: number): string {
  return resolution === FULL ? 'full' : `${resolution} px`
}
