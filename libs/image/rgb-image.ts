/**
 * An 8-bit RGB picture, the one image type of crossres.
 * `data` holds `width * height * 3` bytes, row by row, red first, without padding.
 */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}
