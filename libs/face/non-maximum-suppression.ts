import type { Box } from './face.js'
import type { ScoredBox } from './face-detector.js'

/**
 * Greedy non-maximum suppression: keeps the best box and drops every box that overlaps a kept one by more than `maxOverlap`.
 *
 * @param maxOverlap 0..1 in the measure of `overlap`
 * @param overlap how much two boxes overlap; intersection over union by default
 * @returns the kept candidates, best score first
 */
export function nonMaximumSuppression<T extends ScoredBox>(
  candidates: readonly T[],
  maxOverlap: number,
  overlap: (one: Box, other: Box) => number = intersectionOverUnion,
): T[] {
  const kept: T[] = []
  for (const candidate of candidates.toSorted((one, other) => other.score - one.score)) {
    if (kept.every(({ box }) => overlap(box, candidate.box) <= maxOverlap)) kept.push(candidate)
  }
  return kept
}

/** Shared area over joint area, 0..1; 0 for boxes without area. */
export function intersectionOverUnion(one: Box, other: Box): number {
  const shared = sharedArea(one, other)
  return shared === 0 ? 0 : shared / (one.width * one.height + other.width * other.height - shared)
}

/** Shared area over the smaller box's, 0..1: 1 where one box lies within the other. */
export function containment(one: Box, other: Box): number {
  const shared = sharedArea(one, other)
  return shared === 0 ? 0 : shared / Math.min(one.width * one.height, other.width * other.height)
}

function sharedArea(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
  return width > 0 && height > 0 ? width * height : 0
}
