/** Features of pictures at resolutions, and why some have none. */
export interface FeatureTable {
  /** @returns of length one; undefined where the extraction failed */
  get(image: string, resolution: number): Float32Array | undefined
  /** @param feature is copied; all are of one length */
  set(image: string, resolution: number, feature: Float32Array): void
  /** Says why a picture has no features. */
  fail(image: string, reason: string): void
  /** Pictures without features, with the reason (of a DomainError, such as FACE_NOT_FOUND), in the order they came up. */
  failed(): readonly { readonly image: string; readonly reason: string }[]
  readonly failedCount: number
}

/** @returns an empty table */
export function createFeatureTable(): FeatureTable {
  const byResolution = new Map<number, Features>()
  const failures = new Map<string, string>()
  return {
    get: (image, resolution) => byResolution.get(resolution)?.get(image),
    set(image, resolution, feature) {
      const features = byResolution.get(resolution) ?? createFeatures(feature.length)
      byResolution.set(resolution, features)
      features.set(image, feature)
    },
    fail: (image, reason) => void failures.set(image, reason),
    failed: () => [...failures].map(([image, reason]) => ({ image, reason })),
    get failedCount() {
      return failures.size
    },
  }
}

type Features = ReturnType<typeof createFeatures>

/** Features that lie side by side: half a million arrays of their own take twice the memory, and keep the garbage collector busy. */
const SIDE_BY_SIDE = 4096

function createFeatures(dimension: number) {
  const images: string[] = []
  const rows = new Map<string, number>()
  const blocks: Float32Array[] = []
  let next = 0
  const at = (row: number) => {
    const place = Math.floor(row / SIDE_BY_SIDE)
    const block = blocks[place] ?? new Float32Array(SIDE_BY_SIDE * dimension)
    blocks[place] = block
    const from = (row % SIDE_BY_SIDE) * dimension
    return block.subarray(from, from + dimension)
  }
  return {
    get(image: string): Float32Array | undefined {
      // Mostly they are asked for in the order that they came in, and then need no look-up.
      const row = images[next] === image ? next : rows.get(image)
      if (row === undefined) return undefined
      next = row + 1
      return at(row)
    },
    set(image: string, feature: Float32Array): void {
      const row = rows.get(image) ?? images.length
      if (row === images.length) images.push(image)
      rows.set(image, row)
      at(row).set(feature)
    },
  }
}
