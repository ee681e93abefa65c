import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chipResolution } from '../../libs/face/face-resolution.js'
import { dlibChipTemplate } from '../../libs/face/templates.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { createCli, type RunningCli, said } from './cli-process.js'

const SHARED_MODEL = fileURLToPath(new URL('../../../shared/models/mobilefacenet-128.onnx', import.meta.url))
const BROKEN_MODEL = fileURLToPath(new URL('../../../shared/models/broken-training-export.onnx', import.meta.url))

/** Where people are on the photographs; Ada is on two of them. */
const CROPS = {
  'Ada/1.png': { photograph: 1, left: 1400, top: 120, width: 360, height: 420 },
  'Ada/2.png': { photograph: 3, left: 960, top: 110, width: 420, height: 480 },
  'Bea/1.jpg': { photograph: 6, left: 1380, top: 170, width: 400, height: 480 },
  'Cleo/1.webp': { photograph: 4, left: 570, top: 10, width: 360, height: 420 },
}

let folder: string
let cli: ReturnType<typeof createCli>
const at = (...path: string[]) => join(folder, ...path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-cli-'))
  cli = createCli({ CROSSRES_DATA: at('data'), CROSSRES_CACHE: at('cache') })
  for (const [path, { photograph, ...box }] of Object.entries(CROPS)) {
    await mkdir(join(at('people'), path, '..'), { recursive: true })
    await sharp(await samplePhotograph(photograph))
      .extract(box)
      .toFile(at('people', path))
  }
  await writeFile(at('group.jpg'), await samplePhotograph(6))
  await writeFile(at('broken.jpg'), (await samplePhotograph(6)).subarray(0, 40_000))
  await writeFile(at('notes.txt'), 'no picture')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('without a server', () => {
  it('embeds the faces of many pictures and goes on after bad ones', async () => {
    const files = [at('nowhere.jpg'), at('group.jpg'), at('notes.txt'), at('people/Bea/1.jpg'), at('broken.jpg')]
    const answer = await cli.run('embed', '--faces', 'all', '--json', ...files)
    expect(answer.code).toBe(1)
    const { model, results } = answer.json()
    expect(model).toMatch(/^models\/crossres\/versions\/[0-9a-f]{12}$/)
    expect(results.map(({ file }: { file: string }) => file)).toEqual(files)
    expect(results.map((result: { error?: { reason: string } }) => result.error?.reason)).toEqual([
      'FILE_NOT_FOUND',
      undefined,
      'IMAGE_FORMAT_UNSUPPORTED',
      undefined,
      'IMAGE_CORRUPT',
    ])
    const [, group, , bea] = results
    expect(group).toMatchObject({ width: 1920, height: 1537 })
    expect(group.faces.length).toBeGreaterThanOrEqual(4)
    const [face] = bea.faces
    expect(face.landmarks).toHaveLength(5)
    expect(face.embedding).toHaveLength(128)
    expect(Math.hypot(...face.embedding)).toBeCloseTo(1, 5)
    expect(face.embedding.every((value: number) => Math.fround(value) === value)).toBe(true)
    expect(face.resolution).toBe(Math.round(chipResolution(face.landmarks, dlibChipTemplate())))
    expect(answer.stderr.match(/^error: /gm)).toHaveLength(3)
  })

  it('says where a stated resolution is below the one measured', async () => {
    const whole = ['embed', '--faces', 'whole', '--json', at('people/Bea/1.jpg')]
    const [stated] = (await cli.run(...whole, '--true-resolution', '12')).json().results
    expect(stated.faces[0]).toMatchObject({ resolution: 12, resolutionStated: true })
    expect((await cli.run('embed', at('people/Bea/1.jpg'))).stdout).toMatch(
      /^File +Size +Box[^\n]+\n[^\n]*Bea\/1\.jpg +400 x 480 /,
    )
  })

  it('says which network ran, and where a face shows less than its picture has', async () => {
    await sharp(await sharp(at('people/Bea/1.jpg')).resize(12).png().toBuffer())
      .resize(400, 480)
      .toFile(at('enlarged.png'))
    const whole = ['embed', '--faces', 'whole', at('people/Bea/1.jpg'), at('enlarged.png')]
    const [sharpFace, enlarged] = (await cli.run(...whole, '--json'))
      .json()
      .results.map(({ faces: [face] }: { faces: unknown[] }) => face)
    expect(sharpFace).toMatchObject({ resolution: 400, pictureResolution: 400, resolutionStated: false })
    // The default model's card hands what is 40 px or more to another network.
    expect(sharpFace.networkVersion).toMatch(/^models\/base\/versions\/[0-9a-f]{12}$/)
    expect(enlarged.networkVersion).toMatch(/^models\/crossres\/versions\/[0-9a-f]{12}$/)
    expect(enlarged).toMatchObject({ resolution: enlarged.effectiveResolution, pictureResolution: 400 })
    expect(enlarged.effectiveResolution).toBeLessThan(24)

    const { stdout } = await cli.run(...whole)
    expect(stdout).toMatch(/1\.jpg .* 400 px +128$/m)
    expect(stdout).toContain(`${enlarged.resolution} of 400 px`)
    expect(stdout).toContain('enlarged or blurred')
    const stated = await cli.run(...whole.slice(0, 4), '--true-resolution', '12')
    expect(stated.stdout).toMatch(/ 12 of 400 px \(stated\) /)
    expect(stated.stdout).not.toContain('enlarged or blurred')
  })

  it('writes the variant that was asked for', async () => {
    const args = ['downsample', '--resolution', '16', at('people/Bea/1.jpg')]
    expect((await cli.run(...args, at('restored.png'), '--json')).json()).toEqual({
      file: at('restored.png'),
      width: 400,
      height: 480,
      resolution: 16,
      degraded: true,
    })
    expect(await sharp(at('restored.png')).metadata()).toMatchObject({ format: 'png', width: 400, height: 480 })
    await cli.run(...args, '--small', at('small.png'))
    expect(await sharp(at('small.png')).metadata()).toMatchObject({ format: 'png', width: 16, height: 19 })
  })

  it('makes the page of the demo: every sharp probe is found, the page needs no network', async () => {
    const answer = await cli.run('demo', '--json', '--out', at('page'))
    expect(answer.code).toBe(0)
    const { page, models, gallery } = answer.json()
    const tables: { rank1Count: number }[][] = models.map(({ table }: { table: [] }) => table)
    const [{ table }] = models
    expect(table.map((row: { resolution: unknown }) => row.resolution)).toEqual(['full', 64, 32, 24, 16, 8])
    const [full, , , , , lowest] = table
    expect(gallery.faces).toBeGreaterThanOrEqual(20)
    expect(full).toMatchObject({ probes: gallery.faces, rank1: 1, rank1Count: gallery.faces })
    expect(full.meanMatedScore).toBeGreaterThan(full.meanBestNonMatedScore)
    expect(lowest.rank1).toBeLessThan(0.5)

    const html = await readFile(fileURLToPath(page), 'utf8')
    expect(html.match(/<article class="search">/g)).toHaveLength(6 * gallery.faces * models.length)
    expect(html.match(/✓ right/g)).toHaveLength(tables.flat().reduce((sum, { rank1Count }) => sum + rank1Count, 0))
    for (const [, target] of html.matchAll(/(?:href|src)="([^"]*)"/g)) expect(target).toMatch(/^(data:|#face-)/)
    // It kept to a data folder of its own.
    expect((await cli.run('galleries', '--json')).json()).toEqual({ galleries: [] })
  })

  it('cancels and leaves in order on Ctrl-C', async () => {
    const running = cli.start(['demo', '--no-open', '--verbose', '--out', at('interrupted')])
    await said(running, 'serving')
    running.process.kill('SIGINT')
    expect((await running.result).code).toBe(130)
    expect(existsSync(at('interrupted'))).toBe(false)
  })

  it('runs the demo on a folder of subjects', async () => {
    const answer = await cli.run('demo', '--data-set', at('people'), '--json', '--out', at('page-of-people'))
    const { models, gallery, remarks } = answer.json()
    const [{ table }] = models
    expect(gallery).toEqual({ subjects: 3, faces: 3 })
    expect(table[0]).toMatchObject({ resolution: 'full', probes: 1, rank1Count: 1 })
    expect(remarks.join()).toContain('2 of 2 subjects with one picture')
  })
})

describe.skipIf(!existsSync(SHARED_MODEL))('models import', () => {
  it('registers a network, tells how it is prepared, and uses it', async () => {
    const imported = await cli.run(
      'models',
      'import',
      SHARED_MODEL,
      '--name',
      'mobile',
      '--preset',
      'mobilefacenet',
      '--json',
    )
    expect(imported.code).toBe(0)
    const { name, production } = imported.json()
    expect(name).toMatch(/^models\/mobile\/versions\/[0-9a-f]{12}$/)
    expect(production).toBe(true)
    const shown = (await cli.run('models', 'show', 'mobile', '--json')).json()
    expect(shown).toMatchObject({ name, dimension: 128, input: { width: 112, colourOrder: 'RGB' }, default: false })
    expect((await cli.run('embed', '--model', 'mobile', '--json', at('people/Bea/1.jpg'))).json().model).toBe(name)
  })

  it('refuses a network exported in training mode, and one of another size', async () => {
    const args = ['--name', 'bad', '--json']
    const broken = await cli.run('models', 'import', BROKEN_MODEL, '--preset', 'mobilefacenet', ...args)
    expect(broken.code).toBe(1)
    expect(broken.json().error.reason).toBe('MODEL_TRAINING_EXPORT')
    const other = await cli.run('models', 'import', SHARED_MODEL, '--preset', 'face-api', ...args)
    expect(other.json().error).toMatchObject({ reason: 'MODEL_INPUT_MISMATCH' })
  })
})

describe('with a server on the data folder', () => {
  let server: RunningCli
  let address: string
  beforeAll(async () => {
    server = cli.start(['up', '--port', '0'])
    address = /Serving on (\S+),/.exec(await server.firstLine())?.[1] as string
  })
  afterAll(() => server.process.kill('SIGKILL'))

  it('enrols a folder of subjects, and nothing twice', async () => {
    await writeFile(at('people/Cleo/2.jpg'), await readFile(at('broken.jpg')))
    const first = await cli.run('enroll', '--gallery', 'staff', at('people'), '--json')
    expect(first.code).toBe(1)
    expect(first.json()).toMatchObject({ pictures: 5, subjects: 3, enrolled: 4, alreadyPresent: 0 })
    expect(first.json().failed).toMatchObject([{ subject: 'Cleo', reason: 'IMAGE_CORRUPT' }])
    expect(first.stderr).toContain('Cleo/2.jpg')
    await rm(at('people/Cleo/2.jpg'))
    const again = await cli.run('enroll', '--gallery', 'staff', at('people'))
    expect(again).toMatchObject({
      code: 0,
      stdout: 'staff: 4 pictures of 3 subjects: 0 faces enrolled, 4 there already.\n',
    })
  })

  it('keeps to the settings a gallery was made with', async () => {
    const other = await cli.run('enroll', '--gallery', 'staff', '--template', 'fused', at('people'))
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('--template every')
  })

  it('lists galleries and subjects, by address as well as by data folder', async () => {
    const [gallery] = (await cli.run('galleries', '--json')).json().galleries
    expect(gallery).toMatchObject({ id: 'staff', subjects: 3, faces: 4, templatePolicy: 'EVERY' })
    const elsewhere = await cli.run(
      'subjects',
      '--gallery',
      'staff',
      '--json',
      '--data',
      at('other'),
      '--address',
      address,
    )
    const { subjects } = elsewhere.json()
    expect(subjects.map(({ id, faces }: { id: string; faces: number }) => [id, faces])).toEqual([
      ['Ada', 2],
      ['Bea', 1],
      ['Cleo', 1],
    ])
    expect((await cli.run('subjects', '--gallery', 'staff', 'show', 'Ada', '--json')).json()).toMatchObject({
      id: 'Ada',
      faces: 2,
    })
  })

  it('matches each file by itself, or all as one person', async () => {
    const files = [at('people/Bea/1.jpg'), at('notes.txt'), at('people/Ada/2.png')]
    const each = await cli.run('match', '--gallery', 'staff', '--max', '2', '--threshold', '0.9', '--json', ...files)
    expect(each.code).toBe(1)
    const [bea, notes, ada] = each.json().results
    expect(bea).toMatchObject({
      file: files[0],
      decision: 'MATCH',
      gallerySize: 3,
      // The stated score decides; what it is worth is told by the card.
      threshold: { calibration: 'CALIBRATED', score: Math.fround(0.9) },
    })
    expect(bea.candidates).toHaveLength(2)
    expect(bea.candidates[0]).toMatchObject({ subject: 'Bea', rank: 1, fmr: expect.closeTo(0, 6) })
    expect(bea.candidates[0].score).toBeCloseTo(1, 4)
    expect(notes.error.reason).toBe('IMAGE_FORMAT_UNSUPPORTED')
    expect(ada.candidates[0].subject).toBe('Ada')

    const fused = await cli.run(
      'match',
      '--gallery',
      'staff',
      '--fuse',
      '--json',
      at('people/Ada/1.png'),
      at('people/Ada/2.png'),
    )
    expect(fused.json().results).toMatchObject([{ decision: 'MATCH', candidates: [{ subject: 'Ada' }, {}, {}] }])
    expect((await cli.run('match', '--gallery', 'staff', at('people/Bea/1.jpg'))).stdout).toMatch(/MATCH +Bea +1\.000/)
  })

  it('verifies with exit code 0 whatever the decision', async () => {
    const pair = (other: string) => [
      'verify',
      at('people/Ada/1.png'),
      at('people', other),
      '--threshold',
      '0.95',
      '--json',
    ]
    const same = await cli.run(...pair('Ada/1.png'))
    expect(same.json()).toMatchObject({ decision: 'MATCH', fmr: expect.closeTo(0, 6) })
    expect(same.json().score).toBeCloseTo(1, 4)
    const different = await cli.run(...pair('Bea/1.jpg'))
    expect(different).toMatchObject({ code: 0 })
    expect(different.json()).toMatchObject({ decision: 'NO_MATCH' })
  })

  it('lists the models, and says which model or gallery it does not know', async () => {
    expect((await cli.run('models', '--json')).json().models).toContainEqual(
      expect.objectContaining({ model: 'crossres', default: true }),
    )
    const none = await cli.run('models', 'show', 'none', '--json')
    expect(none.code).toBe(1)
    expect(none.json().error).toMatchObject({ status: 'NOT_FOUND', reason: 'MODEL_NOT_FOUND' })
    const nobody = await cli.run('match', '--gallery', 'nowhere', '--json', at('people/Bea/1.jpg'))
    expect(nobody.code).toBe(1)
    expect(nobody.json().results[0].error).toMatchObject({ status: 'NOT_FOUND', reason: 'GALLERY_NOT_FOUND' })
  })

  it('does not touch the data folder beside the server', async () => {
    const second = await cli.run('up', '--port', '0', '--json')
    expect(second.code).toBe(1)
    expect(second.json().error.reason).toBe('DATA_FOLDER_IN_USE')
  })

  it('deletes subjects, and full galleries only when forced', async () => {
    const subject = await cli.run('subjects', '--gallery', 'staff', 'delete', 'Cleo', '--json')
    expect(subject.json()).toEqual({ deleted: 'Cleo', faces: 1 })
    expect((await cli.run('galleries', 'delete', 'staff')).code).toBe(1)
    expect((await cli.run('galleries', 'delete', 'staff', '--force', '--json')).json()).toEqual({
      deleted: 'staff',
      subjects: 2,
      faces: 3,
    })
  })

  it('stops in order on a signal', async () => {
    expect(existsSync(at('data/server.json'))).toBe(true)
    server.process.kill('SIGTERM')
    expect((await server.result).code).toBe(0)
    expect(existsSync(at('data/server.json'))).toBe(false)
    expect((await cli.run('galleries', '--address', address)).code).toBe(3)
  })
})

/** Resolves when the command has logged `text`. */
