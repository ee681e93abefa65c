import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseLfwPairs } from './lfw-pairs.js'

const real = '../shared/data/lfw/pairs.txt'

describe('parseLfwPairs', () => {
  it('reads folds of mated and non-mated pairs', () => {
    const folds = parseLfwPairs('2 1\nA_B\t1\t12\nA_B\t3\tC\t4\nD\t2\t3\nD\t1\tE\t1\n')
    expect(folds).toEqual([
      [
        { reference: 'A_B/A_B_0001.jpg', probe: 'A_B/A_B_0012.jpg', mated: true },
        { reference: 'A_B/A_B_0003.jpg', probe: 'C/C_0004.jpg', mated: false },
      ],
      [
        { reference: 'D/D_0002.jpg', probe: 'D/D_0003.jpg', mated: true },
        { reference: 'D/D_0001.jpg', probe: 'E/E_0001.jpg', mated: false },
      ],
    ])
  })

  it.each([
    ['', 'line 1'],
    ['2 1\nA\t1\t2\n', '5 lines are announced'],
    ['1 1\nA\t1\t2\tX\nA\t1\tB\t2\n', 'line 2'],
    ['1 1\nA\t1\t2\nA\t1\t2\n', 'line 3'],
    ['1 1\nA\tx\t2\nA\t1\tB\t2\n', 'no picture number'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(() => parseLfwPairs(text)).toThrow(problem)
  })

  it.skipIf(!existsSync(real))('reads the official file', () => {
    const folds = parseLfwPairs(readFileSync(real, 'utf8'))
    expect(folds).toHaveLength(10)
    for (const fold of folds) {
      expect(fold.filter((pair) => pair.mated)).toHaveLength(300)
      expect(fold).toHaveLength(600)
    }
  })
})
