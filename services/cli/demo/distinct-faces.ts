import type { Box, FaceRegion } from '../../../gen/crossres/v1/common.js'

/** A face of which a surer one covers more than this share is a second hit on that face, a mouth taken for a face, say. */
const COVERED = 0.4

/** @returns the faces that are no second hits on a surer one, surest first */
export function distinctFaces<Found extends { readonly region: FaceRegion }>(found: readonly Found[]): Found[] {
  const kept: Found[] = []
  for (const face of [...found].sort((one, other) => other.region.detectionScore - one.region.detectionScore)) {
    if (kept.every((surer) => covered(face.region.box, surer.region.box) <= COVERED)) kept.push(face)
  }
  return kept
}

/** Share of the smaller box that lies within the other. */
function covered(one: Box | undefined, other: Box | undefined): number {
  if (!one || !other) return 1
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
  if (width <= 0 || height <= 0) return 0
  return (width * height) / Math.min(one.width * one.height, other.width * other.height)
}
