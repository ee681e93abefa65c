import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openProtocol } from './open-protocol.js'
import { identificationOf, pairLines, templateLines, verificationOf } from './testing/describe-protocol.js'
import { miniature, pictures } from './testing/miniature.js'

const open = (folder: string, protocol = 'ijbc') => openProtocol({ protocol, folder, seed: 0 })

const HEADING =
  'TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT,FRAME_NUM,FACIAL_HAIR,AGE'
const csv = (...rows: string[]) => `${[HEADING, ...rows].join('\n')}\n`

const OFFICIAL = {
  'protocols/ijbc_1N_gallery_G1.csv': csv('1,101,img/1.jpg,500,10,20,30,40,,0,3', '1,101,img/2.png,501,1,2,3,4,,0,3'),
  'protocols/ijbc_1N_gallery_G2.csv': csv('2,102,img/1.jpg,502,50.5,20,30,40,,0,'),
  // Two frames of a video and a still, then a stranger to G1, then a face that nobody has drawn a box around.
  'protocols/ijbc_1N_probe_mixed.csv': csv(
    '10,101,frames/7_1.png,600,5,5,9,9,1,,',
    '10,101,frames/7_2.png,600,6,5,9,9,2,,',
    '10,101,img/3.jpg,601,1,1,8,8,,,',
    '11,102,img/4.jpg,602,,,,,,,',
  ),
  'protocols/ijbc_11_G1_G2_matches.csv': '1,10\n2,10\n2,11\n',
  ...pictures(
    ...['img/1.jpg', 'img/2.png', 'img/3.jpg', 'img/4.jpg', 'frames/7_1.png', 'frames/7_2.png'].map(
      (path) => `images/${path}`,
    ),
  ),
}

const points = (name: string) => `${name} 46.060 62.026 87.785 60.323 68.851 77.656 52.162 99.875 86.450 98.648 0.999`
const COMMUNITY = {
  'meta/ijbc_face_tid_mid.txt':
    '1.jpg 1 69544\n2.jpg 1 69545\n3.jpg 2 7\n4.jpg 10 8\n5.jpg 10 8\n6.jpg 11 9\n7.jpg 12 9\n',
  'meta/ijbc_name_5pts_score.txt': `${['1', '2', '3', '4', '5', '6', '7'].map((name) => points(`${name}.jpg`)).join('\n')}\n`,
  'meta/ijbc_template_pair_label.txt': '1 10 1\n2 10 0\n2 11 1\n1 12 1\n',
  ...pictures(...['1', '2', '3', '4', '5', '6', '7'].map((name) => `loose_crop/${name}.jpg`)),
}

describe('the official release', () => {
  it('gives templates with their media, both galleries and the probes', async () => {
    const folder = await miniature(OFFICIAL)
    const protocol = identificationOf(await open(folder), 'ijbc-identification')
    expect(protocol.galleries.map(({ name, templates }) => [name, templateLines(protocol, templates)])).toEqual([
      ['G1', ['1 (101): img/1.jpg#500, img/2.png#501']],
      ['G2', ['2 (102): img/1.jpg#502']],
    ])
    expect(templateLines(protocol, protocol.probes)).toEqual([
      '10 (101): frames/7_1.png#600, frames/7_2.png#600, img/3.jpg#601',
      '11 (102): img/4.jpg#602',
    ])
    // Two faces of one picture are two.
    expect(protocol.images.filter(({ id }) => id.startsWith('img/1.jpg'))).toEqual([
      {
        id: 'img/1.jpg#500',
        file: join(folder, 'images/img/1.jpg'),
        subject: '101',
        medium: '500',
        face: { box: { x: 10, y: 20, width: 30, height: 40 } },
      },
      {
        id: 'img/1.jpg#502',
        file: join(folder, 'images/img/1.jpg'),
        subject: '102',
        medium: '502',
        face: { box: { x: 50.5, y: 20, width: 30, height: 40 } },
      },
    ])
    expect(protocol.images.map(({ medium }) => medium)).toEqual(['500', '501', '502', '600', '600', '601', '602'])
    expect(protocol.images.at(-1)?.face).toBeUndefined()
  })

  it('gives the comparisons, mated where the subjects are', async () => {
    const protocol = verificationOf(await open(await miniature(OFFICIAL)), 'ijbc-verification')
    expect(pairLines(protocol)).toEqual(['1 = 10', '2 - 10', '2 = 11'])
    expect([...protocol.pairs.fold, protocol.pairs.folds]).toEqual([0, 0, 0, 1])
  })

  it("reads IJB-B's files, which may call a file FILE", async () => {
    const heading = HEADING.replace('FILENAME', 'FILE')
    const folder = await miniature({
      'protocol/ijbb_1N_gallery_S1.csv': `${heading}\n1,101,img/1.jpg,500,1,2,3,4,,,\n`,
      'protocol/ijbb_1N_gallery_S2.csv': `${heading}\n2,102,img/2.jpg,501,1,2,3,4,,,\n`,
      'protocol/ijbb_1N_probe_mixed.csv': `${heading}\n3,102,frames/3.jpg,502,1,2,3,4,,,\n`,
      'protocol/ijbb_11_S1_S2_matches.csv': '1,3\n2,3\n',
      ...pictures('img/1.jpg', 'img/2.jpg', 'frames/3.jpg'),
    })
    const protocols = await open(folder, 'ijbb')
    expect(pairLines(verificationOf(protocols, 'ijbb-verification'))).toEqual(['1 - 3', '2 = 3'])
    expect(identificationOf(protocols, 'ijbb-identification').galleries.map(({ name }) => name)).toEqual(['S1', 'S2'])
  })
})

describe("the community's meta files", () => {
  it('give media, five points, and who is who by the mated comparisons', async () => {
    const folder = await miniature(COMMUNITY)
    const protocols = await open(folder)
    expect(protocols).toHaveLength(1)
    const protocol = verificationOf(protocols, 'ijbc-verification')
    expect(pairLines(protocol)).toEqual(['1 = 10', '2 - 10', '2 = 11', '1 = 12'])
    const subjects = Object.fromEntries(protocol.templates.map(({ id, subject }) => [id, subject]))
    expect(subjects).toEqual({
      1: 'subject-of-1',
      10: 'subject-of-1',
      12: 'subject-of-1',
      2: 'subject-of-2',
      11: 'subject-of-2',
    })
    expect(protocol.images[1]).toMatchObject({ id: '2.jpg', file: join(folder, 'loose_crop/2.jpg'), medium: '69545' })
    expect(protocol.images[1]?.face).toEqual({
      landmarks: [
        { x: 46.06, y: 62.026 },
        { x: 87.785, y: 60.323 },
        { x: 68.851, y: 77.656 },
        { x: 52.162, y: 99.875 },
        { x: 86.45, y: 98.648 },
      ],
      score: 0.999,
    })
  })

  it('give the searches too where the lists of templates lie beside them', async () => {
    const folder = await miniature({
      ...Object.fromEntries(Object.entries(COMMUNITY).map(([path, content]) => [`IJBC/${path}`, content])),
      'IJBC/meta/ijbc_1N_gallery_G1.csv': 'TEMPLATE_ID,SUBJECT_ID\n1,101\n',
      'IJBC/meta/ijbc_1N_gallery_G2.csv': 'TEMPLATE_ID,SUBJECT_ID\n2,102\n',
      'IJBC/meta/ijbc_1N_probe_mixed.csv': 'TEMPLATE_ID,SUBJECT_ID\n10,101\n11,102\n12,101\n',
    })
    const protocol = identificationOf(await open(folder), 'ijbc-identification')
    expect(protocol.galleries.map(({ templates }) => templateLines(protocol, templates))).toEqual([
      ['1 (101): 1.jpg, 2.jpg'],
      ['2 (102): 3.jpg'],
    ])
    expect(templateLines(protocol, protocol.probes)).toEqual([
      '10 (101): 4.jpg, 5.jpg',
      '11 (102): 6.jpg',
      '12 (101): 7.jpg',
    ])
  })
})

describe('a copy that is not whole', () => {
  it.each([
    ['protocols/ijbc_1N_probe_mixed.csv', 'ijbc_1N_probe_mixed.csv is missing. IJB-C is expected as its own release'],
    ['protocols/ijbc_1N_gallery_G2.csv', 'ijbc_1N_gallery_G2.csv is missing'],
    ['protocols/ijbc_11_G1_G2_matches.csv', 'ijbc_11_G1_G2_matches.csv is missing'],
    ['images/img/3.jpg', 'https://www.nist.gov/programs-projects/face-challenges'],
  ])('lacks %s', async (path, problem) => {
    const { [path as keyof typeof OFFICIAL]: _, ...others } = OFFICIAL
    await expect(open(await miniature(others))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_MISSING',
      message: expect.stringContaining(problem),
    })
  })

  it.each([
    ['protocols/ijbc_1N_gallery_G1.csv', 'TEMPLATE_ID,FILENAME\n1,img/1.jpg\n', 'columns SUBJECT_ID are missing'],
    ['protocols/ijbc_1N_gallery_G1.csv', csv('1,101,img/1.jpg'), 'no FILENAME or no SIGHTING_ID'],
    ['protocols/ijbc_1N_gallery_G1.csv', csv('one,101,img/1.jpg,500'), 'line 2: TEMPLATE_ID is no integer'],
    ['protocols/ijbc_1N_gallery_G1.csv', csv('1,101,img/1.jpg,500,a,2,3,4'), 'line 2: the face box'],
    [
      'protocols/ijbc_1N_gallery_G1.csv',
      csv('1,101,img/1.jpg,500', '1,102,img/2.png,501'),
      'template 1 belongs to the subjects 101 and 102',
    ],
    ['protocols/ijbc_1N_gallery_G1.csv', csv('1,"101,img/1.jpg'), 'ijbc_1N_gallery_G1.csv cannot be used'],
    ['protocols/ijbc_11_G1_G2_matches.csv', '1,10\n1,99\n', 'line 2: template 99 has no pictures'],
    ['protocols/ijbc_11_G1_G2_matches.csv', '1,10\n1\n', 'line 2: 1 numbers where 2 are expected'],
  ])('has a damaged %s', async (path, content, problem) => {
    await expect(open(await miniature({ ...OFFICIAL, [path]: content }))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringContaining(problem),
    })
  })

  it.each([
    ['meta/ijbc_face_tid_mid.txt', '1.jpg 1\n', 'it has 1 lines, and the file of the five points has 7'],
    [
      'meta/ijbc_face_tid_mid.txt',
      COMMUNITY['meta/ijbc_face_tid_mid.txt'].replace('3.jpg 2 7', '3.jpg 2'),
      'line 3: expected',
    ],
    [
      'meta/ijbc_name_5pts_score.txt',
      COMMUNITY['meta/ijbc_name_5pts_score.txt'].replace('3.jpg', '8.jpg'),
      'line 3 of the five points: expected "3.jpg"',
    ],
    ['meta/ijbc_template_pair_label.txt', '1 10 2\n', 'line 1: the label is 2'],
  ])('has a damaged %s', async (path, content, problem) => {
    await expect(open(await miniature({ ...COMMUNITY, [path]: content }))).rejects.toMatchObject({
      reason: 'PROTOCOL_DATA_INVALID',
      message: expect.stringContaining(problem),
    })
  })
})
