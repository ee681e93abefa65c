import type { Box } from './face.js'
import type { ScoredBox } from './face-detector.js'

/**
 * Greedy non-maximum suppression: keeps the best box and drops every box that overlaps a kept one by more than `maxOverlap`.
 *
 * @param maxOverlap intersection over union, 0..1
 * @returns the kept candidates, best score first
 */
export function nonMaximumSuppression<T extends ScoredBox>(candidates: readonly T[], maxOverlap: number): T[] {
  const kept: T[] = []
  for (const candidate of candidates.toSorted((one, other) => other.score - one.score)) {
    if (kept.every(({ box }) => intersectionOverUnion(box, candidate.box) <= maxOverlap)) kept.push(candidate)
  }
  return kept
}

/** Shared area over joint area, 0..1; 0 for boxes without area. */
export function intersectionOverUnion(one: Box, other: Box): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (one.width * one.height + other.width * other.height - shared)
}
