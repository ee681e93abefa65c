import { expect, it } from 'vitest'
import { BANDS, detailSpectrum } from './detail-spectrum.js'

/** Grey stripes of an amplitude of 60 around 128, `periods` of them a chip. */
function stripes(side: number, periods: number, across: boolean) {
  const data = new Uint8Array(side * side * 3)
  for (let i = 0; i < side * side; i++) {
    const at = across ? i % side : Math.floor(i / side)
    data.fill(128 + 60 * Math.sin((2 * Math.PI * periods * (at + 0.5)) / side), i * 3, i * 3 + 3)
  }
  return { width: side, height: side, data }
}

const strongest = (bands: Float64Array) => bands.indexOf(Math.max(...bands))

it.each([112, 150, 224])('finds the period of stripes in a chip of %i px, whichever way they lie', (side) => {
  for (const band of [3, 6, 9, 12]) {
    const periods = 2 * 2 ** (band / 3)
    for (const across of [true, false]) {
      expect(strongest(detailSpectrum(stripes(side, periods, across)).subarray(0, BANDS))).toBe(band)
    }
  }
})

it('finds the size of the squares that single pixels became', () => {
  const [side, cells] = [128, 16]
  const data = new Uint8Array(side * side * 3)
  for (let i = 0; i < side * side; i++) {
    const [column, row] = [i % side, Math.floor(i / side)].map((at) => Math.floor((at * cells) / side))
    data.fill(((column as number) * 37 + (row as number) * 91) % 256, i * 3, i * 3 + 3)
  }
  const edges = detailSpectrum({ width: side, height: side, data }).subarray(BANDS)
  // Every second band of a grid has an overtone: up to the first one, that of 16 periods a chip is the strongest.
  expect(strongest(edges.subarray(0, 11))).toBe(9)
})

it('says the same of a chip whatever its brightness', () => {
  const chip = stripes(112, 10, true)
  const darker = { ...chip, data: chip.data.map((value) => value - 40) }
  for (const [i, power] of detailSpectrum(chip).entries()) expect(detailSpectrum(darker)[i]).toBeCloseTo(power, 6)
})
