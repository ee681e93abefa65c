/** The raster formats that are accepted. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif'

/**
 * Tells the format from the first bytes, or undefined where it is none of the accepted ones.
 *
 * The decoder would tell it too, but it also opens what no face service should: SVG and PDF run whole interpreters on what
 * a stranger sent. So nothing reaches it that has not one of these signatures.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, '\xff\xd8\xff')) return 'jpeg'
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'png'
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'webp'
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return 'gif'
  // Classic TIFF (42) and BigTIFF (43), of either byte order.
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => startsWith(bytes, signature))) return 'tiff'
  if (startsWith(bytes, 'ftyp', 4) && hasAvifBrand(bytes)) return 'avif'
  return undefined
}

/** ISO/IEC 14496-12, file type box: size, 'ftyp', major brand, minor version, compatible brands, each of four bytes. */
function hasAvifBrand(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false
  const boxSize = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const end = Math.min(boxSize, bytes.length)
  for (let at = 8; at + 4 <= end; at += 4) {
    if (at !== 12 && (startsWith(bytes, 'avif', at) || startsWith(bytes, 'avis', at))) return true
  }
  return false
}

function startsWith(bytes: Uint8Array, signature: string, at = 0): boolean {
  if (bytes.length < at + signature.length) return false
  for (let i = 0; i < signature.length; i++) if (bytes[at + i] !== signature.charCodeAt(i)) return false
  return true
}
