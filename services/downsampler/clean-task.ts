/** A picture to be cleaned. */
export interface CleanTask {
  /** The encoded picture. */
  readonly file: Uint8Array
  /** Largest picture in pixels. */
  readonly maxPixels: number
}

/** A picture of which nothing is left but its pixels. */
export interface CleanPicture {
  readonly png: Uint8Array
  /** Size in pixels, as a viewer shows it. */
  readonly width: number
  readonly height: number
}
