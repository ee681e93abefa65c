import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeImage } from './decode.js'
import { encodeJpeg, encodePng } from './encode.js'
import type { RgbImage } from './rgb-image.js'

const COLOUR = { r: 200, g: 100, b: 50 }
const plain = () => sharp({ create: { width: 12, height: 8, channels: 3, background: COLOUR } })
/** The plain picture once more as a file, so that a pipeline on it starts from a decoded sRGB picture. */
const plainFile = await plain().png().toBuffer()

/** A picture with detail everywhere: where a decoder loses a part, it shows. */
const detailed: RgbImage = {
  width: 96,
  height: 80,
  data: Uint8Array.from({ length: 96 * 80 * 3 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) & 255),
}
const fromDetailed = () => sharp(detailed.data, { raw: { width: 96, height: 80, channels: 3 } })

const reason = (word: string) => expect.objectContaining({ name: 'DomainError', reason: word })

function expectPlain(image: RgbImage, colour: number[], tolerance: number): void {
  expect([image.width, image.height, image.data.length]).toEqual([12, 8, 12 * 8 * 3])
  const off = image.data.map((value, i) => Math.abs(value - colour[i % 3]!))
  expect(Math.max(...off)).toBeLessThanOrEqual(tolerance)
}

describe('decodeImage shows what a viewer shows', () => {
  const rgb = [COLOUR.r, COLOUR.g, COLOUR.b]

  it.each([
    ['PNG', () => plain().png(), 0],
    ['JPEG', () => plain().jpeg({ quality: 100 }), 2],
    ['progressive JPEG', () => plain().jpeg({ quality: 100, progressive: true }), 2],
    ['WebP', () => plain().webp({ lossless: true }), 0],
    ['GIF', () => plain().gif(), 2],
    ['TIFF', () => plain().tiff({ compression: 'lzw' }), 0],
    ['BigTIFF', () => plain().tiff({ bigtiff: true }), 0],
    ['AVIF', () => plain().avif({ quality: 100, chromaSubsampling: '4:4:4' }), 3],
    ['palette PNG', () => plain().png({ palette: true }), 2],
    ['16-bit PNG', () => sharp(plainFile).toColourspace('rgb16').png(), 0],
    ['16-bit TIFF', () => sharp(plainFile).toColourspace('rgb16').tiff(), 0],
    ['Display P3 PNG', () => sharp(plainFile).withIccProfile('p3').png(), 2],
    ['16-bit Display P3 PNG', () => sharp(plainFile).toColourspace('rgb16').withIccProfile('p3').png(), 2],
    // CMYK cannot hold every colour: a few levels go on the way there, a blue of 50 loses most.
    ['CMYK JPEG', () => sharp(plainFile).toColourspace('cmyk').jpeg({ quality: 100 }), 32],
    ['CMYK TIFF', () => sharp(plainFile).toColourspace('cmyk').tiff(), 32],
  ] as const)('of a %s', async (_name, make, tolerance) => {
    expectPlain(await decodeImage(await make().toBuffer()), rgb, tolerance)
  })

  it('of a file whose stored values differ from sRGB', async () => {
    const file = await sharp(plainFile).withIccProfile('p3').png().toBuffer()
    const { data } = await sharp(file, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true })
    expect(
      Math.abs(data[0]! - COLOUR.r),
      'the profile changes the values, or the tests above show nothing',
    ).toBeGreaterThan(5)
  })

  it.each([
    ['8-bit PNG', () => sharp(plainFile).toColourspace('b-w').png()],
    ['16-bit PNG', () => sharp(plainFile).toColourspace('grey16').png()],
    ['JPEG', () => sharp(plainFile).toColourspace('b-w').jpeg({ quality: 100 })],
  ] as const)('of a grey %s, in three channels', async (_name, make) => {
    const image = await decodeImage(await make().toBuffer())
    expectPlain(image, [128, 128, 128], 1)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of EXIF orientation %i', async (orientation) => {
    // Stored: a white quarter at the top left; EXIF 2.32, table 6 (tag 0x0112), says where row 0 and column 0 lie when shown.
    const width = 64
    const height = 32
    const data = new Uint8Array(width * height * 3)
    for (let y = 0; y < height / 2; y++) data.fill(255, y * width * 3, (y * width + width / 2) * 3)
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 100 })
      .toBuffer()

    const image = await decodeImage(file)

    const turned = orientation >= 5
    expect([image.width, image.height]).toEqual(turned ? [32, 64] : [64, 32])
    const corner = (x: number, y: number) => {
      const column = x === 0 ? 4 : image.width - 5
      const row = y === 0 ? 4 : image.height - 5
      return image.data[(row * image.width + column) * 3]! > 127
    }
    const white = { 1: [0, 0], 2: [1, 0], 3: [1, 1], 4: [0, 1], 5: [0, 0], 6: [1, 0], 7: [1, 1], 8: [0, 1] }[
      orientation
    ]!
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      expect(corner(x, y), `corner ${x}, ${y}`).toBe(x === white[0] && y === white[1])
    }
  })

  it.each([
    ['8-bit', 'srgb'],
    ['16-bit', 'rgb16'],
  ])('of a %s PNG with alpha, on white', async (_name, space) => {
    const half = await sharp(plainFile).ensureAlpha(0.5).toColourspace(space).png().toBuffer()
    expectPlain(await decodeImage(half), [228, 178, 153], 1)
    const none = await sharp(plainFile).ensureAlpha(0).toColourspace(space).png().toBuffer()
    expectPlain(await decodeImage(none), [255, 255, 255], 0)
  })

  it('of a grey PNG with alpha, on white', async () => {
    const file = await sharp(plainFile).toColourspace('b-w').ensureAlpha(0.5).png().toBuffer()
    expectPlain(await decodeImage(file), [192, 192, 192], 1)
  })

  it.each(['gif', 'webp'] as const)('of an animated %s: the first frame', async (format) => {
    const frames = ['#c86432', '#0000ff', '#00ff00'].map((background) => ({
      create: { width: 12, height: 8, channels: 3 as const, background },
    }))
    const animation = sharp(await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer())), {
      join: { animated: true },
    })
    const file = await (format === 'gif' ? animation.gif() : animation.webp({ lossless: true })).toBuffer()
    expect((await sharp(file).metadata()).pages).toBe(3)
    expectPlain(await decodeImage(file), rgb, 2)
  })

  it('of bytes in the middle of a larger buffer', async () => {
    const larger = new Uint8Array(plainFile.length + 20)
    larger.set(plainFile, 10)
    expectPlain(await decodeImage(larger.subarray(10, 10 + plainFile.length)), rgb, 0)
  })
})

describe('decodeImage refuses', () => {
  it('no bytes', async () => {
    await expect(decodeImage(new Uint8Array())).rejects.toEqual(reason('IMAGE_EMPTY'))
  })

  const brand = (major: string) => `\0\0\0\x18ftyp${major}\0\0\0\0mif1${major}`
  it.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['SVG with a declaration', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['PDF', '%PDF-1.7\n'],
    ['text', 'not a picture at all, just some words'],
    ['one byte', '\xff'],
    ['PPM', 'P6 1 1 255 abc'],
    ['BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0'],
    ['HEIC', brand('heic')],
    ['HEIC whose minor version reads like a brand', '\0\0\0\x18ftypheicavifmif1heic'],
    ['a file type box without brands', '\0\0\0\x08ftypavif'],
    ['WAV', 'RIFF\x24\0\0\0WAVEfmt '],
  ])('%s', async (_name, content) => {
    await expect(decodeImage(Buffer.from(content, 'latin1'))).rejects.toEqual(reason('IMAGE_FORMAT_UNSUPPORTED'))
  })

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'a truncated %s, wherever it ends',
    async (format) => {
      const whole = await fromDetailed().toFormat(format).toBuffer()
      await expect(decodeImage(whole)).resolves.toMatchObject({ width: 96, height: 80 })
      for (const share of [0.01, 0.05, 0.3, 0.6, 0.9, 0.98]) {
        const part = whole.subarray(0, Math.max(16, Math.trunc(whole.length * share)))
        await expect(decodeImage(part), `the first ${share}`).rejects.toEqual(reason('IMAGE_CORRUPT'))
      }
    },
  )

  it('a progressive JPEG that ends before its last scan', async () => {
    const whole = await fromDetailed().jpeg({ progressive: true }).toBuffer()
    await expect(decodeImage(whole.subarray(0, whole.length - 200))).rejects.toEqual(reason('IMAGE_CORRUPT'))
  })

  it.each(['jpeg', 'png'] as const)('a %s with a damaged middle', async (format) => {
    const damaged = await fromDetailed().toFormat(format).toBuffer()
    const middle = damaged.length >> 1
    damaged.fill(0xff, middle, middle + 64)
    await expect(decodeImage(damaged)).rejects.toEqual(reason('IMAGE_CORRUPT'))
  })

  it('more pixels than the limit, told from the header', async () => {
    await expect(decodeImage(pngDeclaring(30_000, 30_000))).rejects.toEqual(
      expect.objectContaining({
        reason: 'IMAGE_TOO_LARGE',
        metadata: { width: '30000', height: '30000', maxPixels: '50000000' },
      }),
    )
    // The same hollow file with a small size is corrupt: so the one above was refused before its pixels were wanted.
    await expect(decodeImage(pngDeclaring(300, 300))).rejects.toEqual(reason('IMAGE_CORRUPT'))
  })

  it('one pixel more than the limit, but not the limit itself', async () => {
    expectPlain(await decodeImage(plainFile, { maxPixels: 96 }), [COLOUR.r, COLOUR.g, COLOUR.b], 0)
    await expect(decodeImage(plainFile, { maxPixels: 95 })).rejects.toEqual(reason('IMAGE_TOO_LARGE'))
  })
})

describe('encoding', () => {
  it('to PNG and back changes nothing', async () => {
    expect(await decodeImage(await encodePng(detailed))).toEqual(detailed)
  })

  it('to JPEG keeps colour at full resolution', async () => {
    // Red and blue columns of one pixel: halved colour would blend them.
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i % 6 === 0 || i % 6 === 5 ? 255 : 0))
    const striped = { width: 16, height: 16, data }
    const { data: decoded } = await decodeImage(await encodeJpeg(striped, 100))
    expect(Math.max(...decoded.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(12)
  })

  it('to JPEG of less quality takes less room', async () => {
    expect((await encodeJpeg(detailed, 20)).length).toBeLessThan((await encodeJpeg(detailed, 90)).length)
  })
})

/** A PNG whose header declares a size that its pixel data does not hold. */
function pngDeclaring(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8) // 8 bits, RGB, deflate, no filter, not interlaced
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(10))),
    chunk('IEND', new Uint8Array()),
  ])
}
