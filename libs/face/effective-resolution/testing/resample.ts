import type { RgbImage } from '../../../image/rgb-image.js'

/** Ways in which programs make pictures larger and smaller. */
export const KERNELS = ['nearest', 'bilinear', 'bicubic', 'lanczos'] as const
/** See KERNELS. */
export type Kernel = (typeof KERNELS)[number]

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Keys (1981) with a = -0.5, Lanczos with three lobes: as Pillow has them. */
const SHAPES: Readonly<Record<Exclude<Kernel, 'nearest'>, { support: number; at(x: number): number }>> = {
  bilinear: { support: 1, at: (x) => 1 - x },
  bicubic: {
    support: 2,
    at: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2),
  },
  lanczos: { support: 3, at: (x) => sinc(x) * sinc(x / 3) },
}

/** Resizes with a kernel, which widens when it shrinks (nearest does not); sizes in pixels, integers >= 1. */
export function resample(image: RgbImage, width: number, height: number, kernel: Kernel): RgbImage {
  const wide = alongRows(image, width, kernel)
  return transposed(alongRows(transposed(wide), height, kernel))
}

function alongRows({ width: from, height, data: source }: RgbImage, width: number, kernel: Kernel): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let x = 0; x < width; x++) {
    const taps = tapsOf(x, from, width, kernel)
    for (let row = 0; row < height; row++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (const [at, weight] of taps) sum += weight * source[(row * from + at) * 3 + channel]!
        data[(row * width + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(sum)))
      }
    }
  }
  return { width, height, data }
}

/** @returns the pixels that make up pixel `x`, each with its weight */
function tapsOf(x: number, from: number, to: number, kernel: Kernel): (readonly [number, number])[] {
  const centre = ((x + 0.5) * from) / to
  if (kernel === 'nearest') return [[Math.min(from - 1, Math.floor(centre)), 1]]
  const { support, at } = SHAPES[kernel]
  const widening = Math.max(1, from / to)
  const first = Math.max(0, Math.ceil(centre - 0.5 - support * widening))
  const last = Math.min(from - 1, Math.floor(centre - 0.5 + support * widening))
  const taps: [number, number][] = []
  for (let i = first; i <= last; i++) taps.push([i, at(Math.abs(i + 0.5 - centre) / widening)])
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0)
  return taps.map(([i, weight]) => [i, weight / total])
}

function transposed({ width, height, data: source }: RgbImage): RgbImage {
  const data = new Uint8Array(source.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        data[(x * height + y) * 3 + channel] = source[(y * width + x) * 3 + channel]!
      }
    }
  }
  return { width: height, height: width, data }
}
