import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import { identificationOf, templateLines } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'
import { writeMat } from './testing/write-mat.js'

const real = '../shared/data/tinyface-protocol'
const open = async (folder: string) =>
  identificationOf(await openProtocol({ protocol: 'tinyface', folder, seed: 0 }), 'tinyface')

const LISTS = {
  'Testing_Set/gallery_match_img_ID_pairs.mat': writeMat({
    gallery_set: [['1_106.jpg'], ['1_118.jpg'], ['7_1.jpg']],
    gallery_ids: [1, 1, 2],
  }),
  'Testing_Set/probe_img_ID_pairs.mat': writeMat({ probe_set: [['1_162.jpg'], ['7_2.jpg']], probe_ids: [1, 2] }),
}
const PICTURES = [
  'Gallery_Match/1_106.jpg',
  'Gallery_Match/1_118.jpg',
  'Gallery_Match/7_1.jpg',
  'Gallery_Distractor/x_2.jpg',
  'Gallery_Distractor/x_1.jpg',
  'Probe/1_162.jpg',
  'Probe/7_2.jpg',
].map((path) => `Testing_Set/${path}`)

describe('tinyface', () => {
  it('searches each probe among matches and distractors, each picture for itself', async () => {
    const folder = await miniature({ ...LISTS, ...pictures(...PICTURES) })
    const protocol = await open(folder)
    expect(protocol.galleries.map(({ templates }) => templateLines(protocol, templates))).toEqual([
      [
        'Gallery_Match/1_106.jpg (1): Gallery_Match/1_106.jpg',
        'Gallery_Match/1_118.jpg (1): Gallery_Match/1_118.jpg',
        'Gallery_Match/7_1.jpg (2): Gallery_Match/7_1.jpg',
        'Gallery_Distractor/x_1.jpg (null): Gallery_Distractor/x_1.jpg',
        'Gallery_Distractor/x_2.jpg (null): Gallery_Distractor/x_2.jpg',
      ],
    ])
    expect(templateLines(protocol, protocol.probes)).toEqual([
      'Probe/1_162.jpg (1): Probe/1_162.jpg',
      'Probe/7_2.jpg (2): Probe/7_2.jpg',
    ])
    expect(protocol.images[0]?.file).toBe(join(folder, 'Testing_Set/Gallery_Match/1_106.jpg'))
  })

  it('says what is missing or damaged', async () => {
    const without = async (path: string) =>
      open(
        await miniature(
          Object.fromEntries(Object.entries({ ...LISTS, ...pictures(...PICTURES) }).filter(([name]) => name !== path)),
        ),
      )
    await expect(without('Testing_Set/probe_img_ID_pairs.mat')).rejects.toThrow(
      /probe_img_ID_pairs\.mat cannot be read\. TinyFace is expected as Testing_Set.*https:\/\/qmul-tinyface\.github\.io/,
    )
    await expect(without('Testing_Set/Gallery_Match/1_118.jpg')).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_MISSING',
    })
    const shorter = writeMat({ probe_set: [['1_162.jpg'], ['7_2.jpg']], probe_ids: [1] })
    const damaged = await miniature({ ...LISTS, 'Testing_Set/probe_img_ID_pairs.mat': shorter })
    await expect(open(damaged)).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringMatching(/probe_img_ID_pairs\.mat cannot be used: it has 2 names and 1 identities/),
    })
  })

  it.skipIf(!existsSync(real))('reads the official lists', async () => {
    const list = (name: string) => readFileSync(join(real, `${name}_img_ID_pairs.mat`))
    const folder = await miniature({
      'Testing_Set/gallery_match_img_ID_pairs.mat': list('gallery_match'),
      'Testing_Set/probe_img_ID_pairs.mat': list('probe'),
      'Testing_Set/Gallery_Distractor/1.jpg': '',
      // The lists are read before the pictures are looked for.
      'Testing_Set/Probe/1_162.jpg': '',
    })
    await expect(open(folder)).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_MISSING',
      message: expect.stringContaining(`1_106.jpg and ${4443 + 3728 - 2} more pictures are missing`),
    })
  })
})
