import sharp, { type Metadata } from 'sharp'
import { DomainError } from '../config/domain-error.js'
import type { RgbImage } from './rgb-image.js'
import { sniffFormat } from './sniff-format.js'

export interface DecodeOptions {
  /** The largest picture that is decoded, in pixels (width x height). 50 megapixels unless told. */
  readonly maxPixels?: number
}

const DEFAULT_MAX_PIXELS = 50_000_000

/**
 * Reads a JPEG, PNG, WebP, GIF, TIFF or AVIF file as the picture that a viewer shows: EXIF orientation applied, an embedded
 * colour profile (or CMYK) converted to sRGB, 16 bits reduced to 8, grey in all three channels. Of an animation or a
 * multi-page file, the first frame.
 *
 * What is transparent becomes white: that is how a browser shows a cut-out portrait, identity photographs ask for a light
 * plain background (ICAO 9303), and dark hair on black would lose its outline.
 *
 * A picture is whole or an error: a truncated file never gives a half-grey one.
 *
 * @throws DomainError IMAGE_EMPTY (no bytes), IMAGE_FORMAT_UNSUPPORTED (another format, told before decoding), IMAGE_TOO_LARGE
 * (told from the header, before decoding), IMAGE_CORRUPT (truncated or damaged)
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const { maxPixels = DEFAULT_MAX_PIXELS } = options
  if (bytes.length === 0) {
    throw new DomainError('IMAGE_EMPTY', 'The image has no bytes: send the content of an image file.')
  }
  const format = sniffFormat(bytes)
  if (format === undefined) {
    throw new DomainError(
      'IMAGE_FORMAT_UNSUPPORTED',
      'The image format is not supported: send a JPEG, PNG, WebP, GIF, TIFF or AVIF file.',
    )
  }
  // libvips keeps recent operations for reuse, up to 50 MB a process. Requests never share a buffer, so nothing would be reused.
  // The setting is of the process and costs microseconds; set here, it holds without any side effect of an import.
  sharp.cache(false)
  try {
    // A JPEG or WebP never has 16 bits, so there is nothing to ask of its header: a look at it takes a quarter of the time.
    const header = format === 'jpeg' || format === 'webp' ? undefined : await readHeader(bytes)
    return await decodePixels(bytes, header, maxPixels)
  } catch (cause) {
    // libvips tells from the header, before decoding, that a picture has too many pixels.
    const header = await readHeader(bytes).catch(() => undefined)
    if (header) requireSmall(header, maxPixels)
    throw new DomainError(
      'IMAGE_CORRUPT',
      `The ${format.toUpperCase()} image is truncated or damaged: send the complete file.`,
      { format },
      cause,
    )
  }
}

function readHeader(bytes: Uint8Array): Promise<Metadata> {
  return sharp(bytes, { limitInputPixels: false }).metadata()
}

function requireSmall({ width, height }: Metadata, maxPixels: number): void {
  if (width * height <= maxPixels) return
  throw new DomainError(
    'IMAGE_TOO_LARGE',
    `The image has ${width} x ${height} pixels, more than the ${maxPixels} that are accepted: send a smaller one.`,
    { width: String(width), height: String(height), maxPixels: String(maxPixels) },
  )
}

async function decodePixels(bytes: Uint8Array, header: Metadata | undefined, maxPixels: number): Promise<RgbImage> {
  // 'warning': libjpeg only warns of damaged data inside a JPEG, and goes on in grey.
  let pipeline = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning', autoOrient: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
  // sharp converts 16-bit pictures with a profile to Display P3 first and leaves them there unless told to go on to sRGB.
  if (header?.space === 'rgb16' && header.icc !== undefined) pipeline = pipeline.withIccProfile('srgb')
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`)
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }
}
