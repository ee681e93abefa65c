/** What a downsampling thread is asked for. */
export interface DownsampleTask {
  /** The encoded picture. */
  readonly file: Uint8Array
  readonly resolutions: readonly number[]
  /** Whether the variants keep their small size. */
  readonly small: boolean
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** A variant as it leaves the thread. */
export interface VariantPicture {
  readonly resolution: number
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
  readonly degraded: boolean
}
