import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import type { ProtocolOptions } from './protocol-source.js'
import { identificationOf, pairLines, templateLines, verificationOf } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'

const real = '../shared/data/celeba'
const open = (folder: string, seed = 0, options: ProtocolOptions = {}) =>
  openProtocol({ protocol: 'folder', folder, seed, options })

/** Subjects of 3, 2 and 1 pictures. */
const SMALL = pictures('a/3.jpg', 'a/1.jpg', 'a/2.jpg', 'b/1.png', 'b/2.png', 'c/1.jpg', 'notes.txt')
/** 12 subjects of 2 pictures. */
const TWELVE = pictures(...Array.from({ length: 12 }, (_, i) => [`s${i}/0.jpg`, `s${i}/1.jpg`]).flat())

describe('folder', () => {
  it('enrols the first half of the pictures of each subject and searches with the rest', async () => {
    const protocol = identificationOf(await open(await miniature(SMALL)), 'folder-closed-set')
    expect(protocol.galleries.map(({ templates }) => templateLines(protocol, templates))).toEqual([
      ['a (a): a/1.jpg, a/2.jpg', 'b (b): b/1.png', 'c (c): c/1.jpg'],
    ])
    expect(templateLines(protocol, protocol.probes)).toEqual(['a/3.jpg (a): a/3.jpg', 'b/2.png (b): b/2.png'])
  })

  it('compares each probe with every subject', async () => {
    const protocol = verificationOf(await open(await miniature(SMALL)), 'folder-verification')
    expect(pairLines(protocol)).toEqual([
      'a = a/3.jpg',
      'b - a/3.jpg',
      'c - a/3.jpg',
      'b = b/2.png',
      'a - b/2.png',
      'c - b/2.png',
    ])
  })

  it('draws non-mated pairs where there are too many, no pair twice', async () => {
    const folder = await miniature(TWELVE)
    const lines = async (seed: number) =>
      pairLines(verificationOf(await open(folder, seed, { nonMatedPairs: 40 }), 'folder-verification'))
    const drawn = await lines(1)
    expect(drawn.filter((line) => line.includes('='))).toEqual(
      Array.from(
        Object.keys(TWELVE)
          .filter((path) => path.endsWith('1.jpg'))
          .sort(),
        (path) => `${path.split('/')[0]} = ${path}`,
      ),
    )
    const nonMated = drawn.filter((line) => line.includes(' - '))
    expect(nonMated).toHaveLength(36)
    expect(new Set(nonMated).size).toBe(36)
    expect(nonMated.filter((line) => line.startsWith(`${line.split(' - ')[1]?.split('/')[0]} `))).toEqual([])
    expect(await lines(1)).toEqual(drawn)
    expect(await lines(2)).not.toEqual(drawn)
  })

  it('divides the subjects into two galleries by the seed', async () => {
    const folder = await miniature(TWELVE)
    const halves = async (seed: number) => {
      const { galleries, probes, templates } = identificationOf(await open(folder, seed), 'folder-open-set')
      expect(probes).toHaveLength(12)
      return galleries.map((gallery) => Array.from(gallery.templates, (index) => templates[index]?.subject))
    }
    const [first, second, ...more] = await halves(1)
    expect([first?.length, second?.length, more.length]).toEqual([6, 6, 0])
    expect(new Set([...(first ?? []), ...(second ?? [])]).size).toBe(12)
    expect(await halves(1)).toEqual([first, second])
    expect(await halves(2)).not.toEqual([first, second])
  })

  it('keeps to the subjects that are asked for', async () => {
    const folder = await miniature(SMALL)
    const protocol = identificationOf(await open(folder, 0, { subjects: ['c', 'b'] }), 'folder-closed-set')
    expect(protocol.images.map(({ id }) => id)).toEqual(['b/1.png', 'b/2.png', 'c/1.jpg'])
    await expect(open(folder, 0, { subjects: ['b', 'd'] })).rejects.toMatchObject({ reason: 'PROTOCOL_DATA_MISSING' })
  })

  it.each([
    ['pictures without subject folders', pictures('1.jpg', '2.jpg'), 'its pictures lie in no subject folders'],
    ['a single subject', pictures('a/1.jpg', 'a/2.jpg'), 'two subjects or more'],
    ['subjects of one picture', pictures('a/1.jpg', 'b/2.jpg'), 'two pictures of one'],
  ])('says what is wrong with %s', async (_, files, problem) => {
    await expect(open(await miniature(files))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringContaining(problem),
    })
  })

  it.skipIf(!existsSync(real))('opens real faces with their landmarks', async () => {
    const protocols = await open(real)
    const { images, probes, galleries } = identificationOf(protocols, 'folder-open-set')
    const subjects = new Set(images.map(({ subject }) => subject)).size
    expect(subjects).toBeGreaterThan(250)
    expect(galleries.map(({ templates }) => templates.length)).toEqual([
      Math.ceil(subjects / 2),
      Math.floor(subjects / 2),
    ])
    expect(images.filter(({ face }) => face?.landmarks).length).toBe(images.length)
    const { pairs } = verificationOf(protocols, 'folder-verification')
    expect(pairs.mated.reduce((sum, mated) => sum + mated, 0)).toBe(probes.length)
  })
})
