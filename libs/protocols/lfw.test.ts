import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import { pairLines, verificationOf } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'

const real = '../shared/data/lfw'
const open = async (folder: string) => verificationOf(await openProtocol({ protocol: 'lfw', folder, seed: 0 }), 'lfw')

const PAIRS = '2 1\nA_B\t1\t2\nA_B\t1\tC\t1\nC\t1\t2\nC\t2\tA_B\t2\n'
const PICTURES = ['A_B/A_B_0001.jpg', 'A_B/A_B_0002.jpg', 'C/C_0001.jpg', 'C/C_0002.jpg']

describe('lfw', () => {
  it.each(['images', 'lfw', 'lfw-deepfunneled'])('reads pairs and the pictures in %s', async (root) => {
    const folder = await miniature({ 'pairs.txt': PAIRS, ...pictures(...PICTURES.map((path) => `${root}/${path}`)) })
    const protocol = await open(folder)
    expect(pairLines(protocol)).toEqual([
      'A_B/A_B_0001.jpg = A_B/A_B_0002.jpg',
      'A_B/A_B_0001.jpg - C/C_0001.jpg',
      'C/C_0001.jpg = C/C_0002.jpg',
      'C/C_0002.jpg - A_B/A_B_0002.jpg',
    ])
    expect([...protocol.pairs.fold]).toEqual([0, 0, 1, 1])
    expect(protocol.pairs.folds).toBe(2)
    expect(protocol.images[0]).toEqual({
      id: 'A_B/A_B_0001.jpg',
      file: join(folder, root, 'A_B/A_B_0001.jpg'),
      subject: 'A_B',
    })
  })

  it('says what is missing, what was expected and where it is to be had', async () => {
    const images = pictures('images/A_B/A_B_0001.jpg', 'images/C/C_0001.jpg')
    await expect(open(await miniature(images))).rejects.toThrow(
      /pairs\.txt cannot be read\. .* is expected as pairs\.txt and .*http:\/\/vis-www\.cs\.umass\.edu\/lfw/,
    )
    const folder = await miniature({ 'pairs.txt': PAIRS, ...images })
    await expect(open(folder)).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_MISSING',
      metadata: { path: join(folder, 'images/A_B/A_B_0002.jpg') },
      message: expect.stringContaining('and 1 more pictures are missing'),
    })
    await expect(open(join(folder, 'nowhere'))).rejects.toMatchObject({ reason: 'PROTOCOL_DATA_MISSING' })
    await expect(open(await miniature({ 'pairs.txt': `${PAIRS}A\t1\t2\n` }))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringMatching(/pairs\.txt cannot be used: line 6/),
    })
  })

  it.skipIf(!existsSync(real))('reads the official list with its 7,701 pictures and their faces', async () => {
    const { images, templates, pairs } = await open(real)
    expect([images.length, templates.length, pairs.mated.length]).toEqual([7701, 7701, 6000])
    expect(pairs.mated.reduce((sum, mated) => sum + mated, 0)).toBe(3000)
    expect([0, 1, 8, 9].map((fold) => pairs.fold.filter((f) => f === fold).length)).toEqual([600, 600, 600, 600])
    // Whether pairs are mated agrees with whose pictures they are.
    const agree = pairs.mated.every(
      (mated, i) =>
        mated === Number(images[pairs.reference[i] ?? -1]?.subject === images[pairs.probe[i] ?? -2]?.subject),
    )
    expect(agree).toBe(true)
    expect(images.find(({ id }) => id === 'AJ_Lamas/AJ_Lamas_0001.jpg')?.face?.landmarks?.[2]).toEqual({
      x: 125.58,
      y: 138.29,
    })
    expect(images.filter(({ face }) => face?.landmarks).length).toBeGreaterThan(7690)
  })
})
