/** Teacher's features of the last images seen, the negatives that InfoNCE has beyond a batch. */
export interface FeatureBank {
  /** The features held, [count, d] in no particular order; valid until the next `add`. */
  features(): { readonly data: Float32Array; readonly dims: readonly [number, number] }
  /** Takes in features [n, d]; the oldest make room. */
  add(features: Float32Array): void
  /** A copy of all that is held and where the next goes, for a checkpoint. */
  state(): FeatureBankState
}

/** What a bank holds. */
export interface FeatureBankState {
  /** [count, d]. */
  readonly features: Float32Array
  /** Which row is the oldest. */
  readonly next: number
}

/**
 * A bank without features, or with those of a checkpoint.
 * Source: the queue of K. He et al., "Momentum Contrast" (2020), here of a teacher that never moves.
 *
 * @param size how many features it holds at most, >= 0
 * @param dimension values of a feature
 */
export function createFeatureBank(size: number, dimension: number, state?: FeatureBankState): FeatureBank {
  const rows = new Float32Array(size * dimension)
  rows.set(state?.features ?? [])
  let count = (state?.features.length ?? 0) / dimension
  let next = state?.next ?? 0
  const held = () => rows.subarray(0, count * dimension)
  return {
    features: () => ({ data: held(), dims: [count, dimension] }),
    add(features) {
      if (size === 0) return
      for (let from = 0; from < features.length; from += dimension) {
        rows.set(features.subarray(from, from + dimension), next * dimension)
        next = (next + 1) % size
        count = Math.min(size, count + 1)
      }
    },
    state: () => ({ features: held().slice(), next }),
  }
}
