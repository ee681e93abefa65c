import { text } from '../../attributes.js'
import { checkCases } from '../testing/check-cases.js'
import { type Case, oneNode } from '../testing/compare.js'

const picture = [[2, 3, 4, 5]]

const resize = (scales: readonly number[], attributes: Readonly<Record<string, string>>, more: Partial<Case> = {}) =>
  oneNode(
    'Resize',
    picture,
    Object.entries(attributes).map(([name, value]) => text(name, value)),
    (g) => ['', g.floats('scales', [4], Float32Array.of(1, 1, ...scales))],
    more,
  )

const scaled = (opType: string, mode: string, opset: number) =>
  oneNode(opType, picture, [text('mode', mode)], (g) => [g.floats('scales', [4], Float32Array.of(1, 1, 2, 3))], {
    opset,
  })

checkCases('Resize', {
  'the nearest pixel': resize([2, 2], {}),
  'the nearest pixel by floor': resize([2, 3], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
  'the nearest pixel by a broken factor': resize([1.5, 0.6], { nearest_mode: 'round_prefer_ceil' }),
  linear: resize([2, 3], { mode: 'linear' }),
  'linear, smaller': resize([0.5, 0.6], { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' }),
  'linear with aligned corners': resize([2, 2.2], { mode: 'linear', coordinate_transformation_mode: 'align_corners' }),
  'linear from the corners': resize([2, 2], { mode: 'linear', coordinate_transformation_mode: 'asymmetric' }),
  'linear to sizes': oneNode('Resize', picture, [text('mode', 'linear')], (g) => [
    '',
    '',
    g.ints('sizes', [2, 3, 7, 3]),
  ]),
  'Resize of opset 10': scaled('Resize', 'nearest', 10),
  Upsample: scaled('Upsample', 'nearest', 9),
  'linear Upsample': scaled('Upsample', 'linear', 9),
})
