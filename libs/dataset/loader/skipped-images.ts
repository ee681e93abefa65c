/** Pictures that could not be used, by their path in the dataset; each counts once, however often it was drawn. */
export interface SkippedImages {
  add(path: string, reason: string): void
  readonly count: number
  /** Paths with the reason (of a DomainError, such as IMAGE_CORRUPT), in the order they came up. */
  list(): readonly { readonly path: string; readonly reason: string }[]
}

/** @returns a list with nothing on it */
export function createSkippedImages(): SkippedImages {
  const reasons = new Map<string, string>()
  return {
    add: (path, reason) => void reasons.set(path, reason),
    get count() {
      return reasons.size
    },
    list: () => [...reasons].map(([path, reason]) => ({ path, reason })),
  }
}
