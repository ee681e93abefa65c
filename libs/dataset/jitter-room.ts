/** How far a face is moved at most while it is trained on, either way. */
export interface JitterRange {
  /** Degrees. */
  readonly rotation: number
  /** Change of size as a share, below 1. */
  readonly scale: number
  /** As a share of the chip's side. */
  readonly shift: number
}

/** What shards keep room for unless told otherwise: the widest range of the trainer's presets. */
export const USUAL_JITTER: JitterRange = { rotation: 4, scale: 0.06, shift: 0.035 }

/**
 * How many pixels around a chip a jittered view of it can show. A view turns by the angle t, scales by s and shifts by d; its pixel p
 * shows R(-t) (p - c - d) / s + c, which is farthest from the centre c for a corner and the smallest s.
 * @returns an integer >= 0
 */
export function jitterRoom({ width, height }: { width: number; height: number }, range: JitterRange): number {
  const angle = (range.rotation * Math.PI) / 180
  const halfWidth = width * (0.5 + range.shift)
  const halfHeight = height * (0.5 + range.shift)
  const reachX = (halfWidth * Math.cos(angle) + halfHeight * Math.sin(angle)) / (1 - range.scale)
  const reachY = (halfHeight * Math.cos(angle) + halfWidth * Math.sin(angle)) / (1 - range.scale)
  // Less than a millionth of a pixel is rounding.
  return Math.max(0, Math.ceil(Math.max(reachX - width / 2, reachY - height / 2) - 1e-6))
}
