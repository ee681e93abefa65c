import { describe, expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import { identificationOf, pairLines, templateLines, verificationOf } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'
import { writeMat } from './testing/write-mat.js'

const open = (folder: string) => openProtocol({ protocol: 'survface', folder, seed: 0 })

const [SEARCH, VERIFY] = ['Face_Identification_Test_Set', 'Face_Verification_Test_Set']
const FILES = {
  [`${SEARCH}/gallery_img_ID_pairs.mat`]: writeMat({
    gallery_set: [['100_cam1_1.jpg'], ['204_cam1_1.jpg'], ['100_cam1_2.jpg']],
    gallery_ids: [1, 2, 1],
  }),
  [`${SEARCH}/mated_probe_img_ID_pairs.mat`]: writeMat({
    mated_probe_set: [['100_cam3_1.jpg'], ['204_cam3_1.jpg']],
    mated_probe_ids: [1, 2],
  }),
  [`${VERIFY}/positive_pairs_names.mat`]: writeMat({ positive_pairs_names: [['9_cam1_1.jpg', '9_cam2_1.jpg']] }),
  [`${VERIFY}/negative_pairs_names.mat`]: writeMat({
    negative_pairs_names: [
      ['9_cam1_1.jpg', '8_cam1_1.jpg'],
      ['7_cam1_1.jpg', '9_cam2_1.jpg'],
    ],
  }),
  ...pictures(
    ...['100_cam1_1.jpg', '100_cam1_2.jpg', '204_cam1_1.jpg'].map((name) => `${SEARCH}/gallery/${name}`),
    ...['100_cam3_1.jpg', '204_cam3_1.jpg'].map((name) => `${SEARCH}/mated_probe/${name}`),
    ...['1_cam2_1.jpg', 'odd.jpg'].map((name) => `${SEARCH}/unmated_probe/${name}`),
    ...['7_cam1_1.jpg', '8_cam1_1.jpg', '9_cam1_1.jpg', '9_cam2_1.jpg'].map(
      (name) => `${VERIFY}/verification_images/${name}`,
    ),
  ),
}

describe('survface', () => {
  it('searches single pictures among the subjects, each a template of all its pictures', async () => {
    const protocol = identificationOf(await open(await miniature(FILES)), 'survface-identification')
    expect(protocol.galleries.map(({ templates }) => templateLines(protocol, templates))).toEqual([
      ['gallery/1 (1): gallery/100_cam1_1.jpg, gallery/100_cam1_2.jpg', 'gallery/2 (2): gallery/204_cam1_1.jpg'],
    ])
    // The person 1 of the file name is not the identity 1 of the gallery.
    expect(templateLines(protocol, protocol.probes)).toEqual([
      'mated_probe/100_cam3_1.jpg (1): mated_probe/100_cam3_1.jpg',
      'mated_probe/204_cam3_1.jpg (2): mated_probe/204_cam3_1.jpg',
      'unmated_probe/1_cam2_1.jpg (unmated-1): unmated_probe/1_cam2_1.jpg',
      'unmated_probe/odd.jpg (null): unmated_probe/odd.jpg',
    ])
  })

  it('compares the listed pairs', async () => {
    const protocol = verificationOf(await open(await miniature(FILES)), 'survface-verification')
    expect(pairLines(protocol)).toEqual([
      '9_cam1_1.jpg = 9_cam2_1.jpg',
      '9_cam1_1.jpg - 8_cam1_1.jpg',
      '7_cam1_1.jpg - 9_cam2_1.jpg',
    ])
    expect(protocol.pairs.folds).toBe(1)
    expect(protocol.images.map(({ subject }) => subject)).toEqual(['7', '8', '9', '9'])
  })

  it('says what is missing or damaged', async () => {
    const changed = (path: string, content?: Buffer) => {
      const { [path]: _, ...others } = FILES
      return miniature(content ? { ...others, [path]: content } : others)
    }
    await expect(open(await changed(`${SEARCH}/gallery/204_cam1_1.jpg`))).rejects.toThrow(
      /gallery\/204_cam1_1\.jpg is missing\. QMUL-SurvFace .*https:\/\/qmul-survface\.github\.io/,
    )
    const odd = writeMat({ positive_pairs_names: [['9_cam1_1.jpg']] })
    await expect(open(await changed(`${VERIFY}/positive_pairs_names.mat`, odd))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringContaining('positive_pairs_names has 1 columns where 2 are expected'),
    })
  })
})
