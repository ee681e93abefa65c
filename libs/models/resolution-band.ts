/** Upper edges in pixels of the bands that thresholds are kept for; beyond the last one a face is at full resolution. */
export const RESOLUTION_BANDS = [8, 12, 16, 24, 32, 48, 64, 128] as const

/**
 * @param resolution face resolution in pixels; 0: unknown
 * @returns the band's upper edge, rounded up to the next one; 0 for full resolution or an unknown one
 */
export function resolutionBand(resolution: number): number {
  if (resolution <= 0) return 0
  return RESOLUTION_BANDS.find((edge) => resolution <= edge) ?? 0
}
