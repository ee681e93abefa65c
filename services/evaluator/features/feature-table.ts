/** Features of pictures at resolutions, and why some have none. */
export interface FeatureTable {
  /** @returns of length one; undefined where the extraction failed */
  get(image: string, resolution: number): Float32Array | undefined
  set(image: string, resolution: number, feature: Float32Array): void
  /** Says why a picture has no features. */
  fail(image: string, reason: string): void
  /** Pictures without features, with the reason (of a DomainError, such as FACE_NOT_FOUND), in the order they came up. */
  failed(): readonly { readonly image: string; readonly reason: string }[]
  readonly failedCount: number
}

/** @returns an empty table */
export function createFeatureTable(): FeatureTable {
  const byResolution = new Map<number, Map<string, Float32Array>>()
  const failures = new Map<string, string>()
  return {
    get: (image, resolution) => byResolution.get(resolution)?.get(image),
    set(image, resolution, feature) {
      let features = byResolution.get(resolution)
      if (features === undefined) {
        features = new Map()
        byResolution.set(resolution, features)
      }
      features.set(image, feature)
    },
    fail: (image, reason) => void failures.set(image, reason),
    failed: () => [...failures].map(([image, reason]) => ({ image, reason })),
    get failedCount() {
      return failures.size
    },
  }
}
