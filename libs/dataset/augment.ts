import type { Affine } from '../face/similarity-transform.js'

/** How a face is shown: drawn by the caller, so that the same draw gives the same pixels on any thread. */
export interface ChipView {
  /** Degrees, clockwise as seen (y points down). */
  readonly rotation: number
  /** The face grows by this factor, > 0. */
  readonly scale: number
  /** To the right, as a share of the chip's width. */
  readonly shiftX: number
  /** Downwards, as a share of the chip's height. */
  readonly shiftY: number
  readonly flip: boolean
  readonly grey: boolean
  /** Shortest side in pixels, an integer, that the chip is degraded to; 0: not at all. */
  readonly resolution: number
  /** Shortest side in pixels, an integer, that the whole picture is degraded to before its face is framed; 0: not at all. */
  readonly sourceResolution: number
}

/** The face as the network is used: framed, nothing else. */
export const PLAIN_VIEW: ChipView = {
  rotation: 0,
  scale: 1,
  shiftX: 0,
  shiftY: 0,
  flip: false,
  grey: false,
  resolution: 0,
  sourceResolution: 0,
}

/** @returns whether the view leaves every pixel in its place */
export function keepsPlace({ rotation, scale, shiftX, shiftY, flip }: ChipView): boolean {
  return rotation === 0 && scale === 1 && shiftX === 0 && shiftY === 0 && !flip
}

/**
 * The view's move within the chip: mirrored, turned and scaled about the centre, then shifted.
 * @param width of the chip in pixels
 * @param height of the chip in pixels
 * @returns chip to chip, in pixels
 */
export function jitterMatrix(view: ChipView, width: number, height: number): Affine {
  const angle = (view.rotation * Math.PI) / 180
  const cos = view.scale * Math.cos(angle)
  const sin = view.scale * Math.sin(angle)
  const mirror = view.flip ? -1 : 1
  const [x, y] = [width / 2, height / 2]
  const [a, b, d, e] = [cos * mirror, -sin, sin * mirror, cos]
  return [a, b, x + view.shiftX * width - a * x - b * y, d, e, y + view.shiftY * height - d * x - e * y]
}

/** @returns `first`, then `second`, as one matrix: pixels are sampled once */
export function composeAffine(second: Affine, first: Affine): Affine {
  const [a, b, c, d, e, f] = second
  const [p, q, r, s, t, u] = first
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f]
}
