import type { ComparedTemplate } from '../score/read-score-file.js'

/** How many of a kind are kept. */
export const HARDEST = 6

/** A comparison that a system gets wrong first. */
export interface HardComparison {
  readonly score: number
  readonly reference: ComparedTemplate
  readonly probe: ComparedTemplate
}

/** The hardest comparisons under one condition, the hardest first. */
export interface HardestComparisons {
  /** Different subjects with the highest scores; of a search the best of the others alone. */
  readonly falseMatches: readonly HardComparison[]
  /** The same subject with the lowest scores; failed extractions have none. */
  readonly misses: readonly HardComparison[]
}

/** A score and the row of its file. */
export interface ScoredRow {
  readonly score: number
  readonly row: number
}

/** Keeps the hardest of many, the first of equal ones. */
export interface HardestRows {
  add(score: number, isMated: boolean, row: number): void
  readonly falseMatches: readonly ScoredRow[]
  readonly misses: readonly ScoredRow[]
}

/** @returns nothing yet */
export function createHardestRows(): HardestRows {
  const falseMatches: ScoredRow[] = []
  const misses: ScoredRow[] = []
  return {
    add(score, isMated, row) {
      if (Number.isNaN(score)) return
      if (isMated) keep(misses, { score, row }, (a, b) => a < b)
      else keep(falseMatches, { score, row }, (a, b) => a > b)
    },
    falseMatches,
    misses,
  }
}

/** @returns the hardest of several galleries */
export function mergeHardest(parts: readonly HardestComparisons[]): HardestComparisons {
  const merge = (kind: keyof HardestComparisons, sign: 1 | -1) =>
    parts
      .flatMap((part) => part[kind])
      .sort((a, b) => sign * (a.score - b.score))
      .slice(0, HARDEST)
  return { falseMatches: merge('falseMatches', -1), misses: merge('misses', 1) }
}

function keep(list: ScoredRow[], entry: ScoredRow, isHarder: (a: number, b: number) => boolean): void {
  const last = list.at(-1)
  if (last && list.length === HARDEST && !isHarder(entry.score, last.score)) return
  const place = list.findIndex(({ score }) => isHarder(entry.score, score))
  list.splice(place < 0 ? list.length : place, 0, entry)
  list.length = Math.min(list.length, HARDEST)
}
