import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readMatFile } from './mat-file.js'
import { integerList, nameTable } from './mat-list.js'
import { writeMat } from './testing/write-mat.js'

const official = '../shared/data/tinyface-protocol'

describe('readMatFile', () => {
  it.each(['packed', 'plain', 'big'] as const)('reads numbers, text and cells of a %s file', (form) => {
    const variables = readMatFile(
      writeMat(
        {
          ids: [1, 258, 65535],
          one: [7],
          title: 'Füße',
          pairs: [
            ['a.jpg', 'b'],
            ['c', 'dd'],
            ['e', 'f'],
          ],
        },
        form,
      ),
    )
    expect([...variables.keys()]).toEqual(['ids', 'one', 'title', 'pairs'])
    expect(variables.get('ids')).toEqual({ kind: 'numbers', dims: [3, 1], data: Float64Array.of(1, 258, 65535) })
    expect(integerList(variables, 'one')).toEqual([7])
    expect(variables.get('title')).toMatchObject({ kind: 'text', text: 'Füße' })
    expect(nameTable(variables, 'pairs', 2)).toEqual([
      ['a.jpg', 'b'],
      ['c', 'dd'],
      ['e', 'f'],
    ])
  })

  const whole = writeMat({ names: [['a.jpg'], ['b.jpg']] }, 'plain')

  it.each([
    ['an empty file', Buffer.alloc(0), 'shorter than the header'],
    ['another format', Buffer.from('PK'.padEnd(200)), 'no MAT-file of level 5'],
    ['a truncated file', whole.subarray(0, whole.length - 12), 'ends in the middle of an element'],
    ['a truncated compressed file', writeMat({ ids: [1, 2, 3] }).subarray(0, 150), 'ends in the middle of an element'],
    ['a damaged compressed file', damage(writeMat({ ids: [1, 2, 3] }), 145), 'a variable cannot be unpacked'],
    ['HDF5', damage(whole, 125, 2), 'save it again with -v7'],
  ])('says what is wrong with %s', (_, bytes, problem) => {
    expect(() => readMatFile(bytes)).toThrow(problem)
  })

  it('says which variable does not fit', () => {
    const variables = readMatFile(writeMat({ ids: [1, 2], names: [['a', 'b']] }))
    expect(() => integerList(variables, 'gallery_ids')).toThrow('gallery_ids is missing; it has ids, names')
    expect(() => integerList(variables, 'names')).toThrow('names is no array of numbers')
    expect(() => nameTable(variables, 'ids', 1)).toThrow('ids is no cell array')
    expect(() => nameTable(variables, 'names', 3)).toThrow('2 columns where 3 are expected')
  })

  it.skipIf(!existsSync(official))("reads TinyFace's lists", () => {
    const list = (file: string, set: string) => {
      const variables = readMatFile(readFileSync(`${official}/${file}_img_ID_pairs.mat`))
      return { names: nameTable(variables, `${set}_set`, 1).flat(), ids: integerList(variables, `${set}_ids`) }
    }
    const gallery = list('gallery_match', 'gallery')
    const probe = list('probe', 'probe')
    expect([gallery.names.length, gallery.ids.length, gallery.names[0], gallery.names.at(-1)]).toEqual([
      4443,
      4443,
      '1_106.jpg',
      '5700_1.jpg',
    ])
    expect([probe.names.length, probe.ids.length, probe.names[0], probe.names.at(-1)]).toEqual([
      3728,
      3728,
      '1_162.jpg',
      '5700_2.jpg',
    ])
    // A closed set: every probe is enrolled.
    const enrolled = new Set(gallery.ids)
    expect(probe.ids.filter((id) => !enrolled.has(id))).toEqual([])
    expect([enrolled.size, new Set(probe.ids).size]).toEqual([2569, 2563])
  })
})

function damage(bytes: Buffer, at: number, value = 255): Buffer {
  const damaged = Buffer.from(bytes)
  damaged[at] = value
  return damaged
}
