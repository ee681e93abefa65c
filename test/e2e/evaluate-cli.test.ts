import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { landmarksOf, put, writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { repeatPixels } from '../../services/evaluator/enhance/testing/repeat-pixels.js'
import { writeTinyLfw } from '../../services/evaluator/testing/tiny-lfw.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { createCli } from './cli-process.js'

let folder: string
let cli: ReturnType<typeof createCli>
const at = (...path: string[]) => join(folder, ...path)
const lfw = (...args: string[]) =>
  cli.run('evaluate', '--protocol', 'lfw', '--data', at('lfw'), '--model', 'base', '--resolutions', '16,full', ...args)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-evaluate-'))
  cli = createCli({ CROSSRES_DATA: at('data'), CROSSRES_CACHE: at('cache') })
  await writeTinyLfw(at('lfw'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('crossres evaluate', { timeout: 120_000 }, () => {
  it('answers figures by resolution, and keeps scores from which they can be computed again', async () => {
    const answer = await lfw('--out', at('out'), '--json')
    expect(answer.code, answer.stderr).toBe(0)
    const { resolutions, models } = answer.json()
    expect(Object.keys(resolutions)).toEqual(['16', 'full'])
    expect(models).toHaveLength(1)
    expect(models[0]).toMatchObject({
      model: expect.stringMatching(/^models\/base\/versions\//),
      failed_extractions: 0,
    })
    const [model] = await readdir(at('out', 'scores'))
    for (const resolution of ['16', 'full']) {
      const file = at('out', 'scores', model as string, 'lfw', `gallery-full-probe-${resolution}.parquet`)
      const again = (await cli.run('metrics', 'verification', file, '--json')).json()
      const { auc, eer, tar_at_far } = resolutions[resolution]
      expect(again).toMatchObject({ mated: 4, non_mated: 4, failed: 0, auc: auc.value, eer: eer.value })
      for (const far of ['0.1', '0.01', '0.001', '0.0001']) {
        expect(again.tar_at_far[far]).toBe(tar_at_far[far].value)
      }
      expect(tar_at_far).toMatchObject({ target: 0.001, value: tar_at_far['0.001'].value })
    }
    expect(JSON.parse(await readFile(at('out', 'report.json'), 'utf8'))).toEqual(answer.json())
    // Drawn again from what was kept, without model and data.
    const tables = await readFile(at('out', 'tables.csv'), 'utf8')
    const drawn = await cli.run('report', at('out'), '--out', at('drawn'), '--json')
    expect(drawn.code, drawn.stderr).toBe(0)
    expect(await readdir(at('drawn'))).toEqual(['report.html', 'tables.csv', 'tables.tex'])
    expect(await readFile(at('drawn', 'tables.csv'), 'utf8')).toBe(tables)
    const withoutTime = async (folder: string) =>
      (await readFile(at(folder, 'report.html'), 'utf8')).replace(/ at [-\d]+ [:\d]+ UTC/, '')
    expect(await withoutTime('drawn')).toBe(await withoutTime('out'))
    // Of the score files alone, without the folder that they came from.
    await cp(at('out', 'scores'), at('files'), { recursive: true })
    const bare = await cli.run('report', at('files'), '--out', at('bare'), '--json')
    expect(bare.code, bare.stderr).toBe(0)
    expect(await readFile(at('bare', 'tables.csv'), 'utf8')).toBe(tables)
    expect(await withoutTime('bare')).toBe(await withoutTime('out'))
    expect(await withoutTime('bare')).not.toContain('<img')
    const faces = await cli.run('report', at('files'), '--out', at('faces'), '--thumbnails')
    expect(faces.code, faces.stderr).toBe(0)
    expect(await withoutTime('faces')).toContain('<img alt="Probe: Ada_A, Ada_A/Ada_A_0002.jpg, 16 px"')
  })

  it('shows a table, and embeds nothing the second time', async () => {
    const features = () => readdir(at('cache', 'evaluations', 'features'), { recursive: true })
    const before = await features()
    expect(before.filter((name) => name.endsWith('.features'))).toHaveLength(2)
    const answer = await lfw()
    expect(await features()).toEqual(before)
    expect(answer.code, answer.stderr).toBe(0)
    expect(answer.stdout).toMatch(/^lfw: 8 comparisons of 8 pictures, probe degraded, %$/m)
    expect(answer.stdout).toMatch(/^ +Model +16 px +full$/m)
    expect(answer.stdout).toMatch(/^TAR@FAR=0.1 +base \w{6} +[\d.]+ \([\d.]+-[\d.]+\) /m)
  })

  it('ends with 1 and says which promise fell', async () => {
    const gate = at('gate.json')
    const promise = { metric: 'tar_at_far', parameter: 0.1, probe: '16', at_least: 0 }
    await writeFile(gate, JSON.stringify({ promises: [promise] }))
    expect(await lfw('--gate', gate)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('gate: all 1 promised figures are kept'),
    })
    await writeFile(gate, JSON.stringify({ promises: [{ ...promise, at_least: 1.1 }] }))
    expect(await lfw('--gate', gate)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^gate: tar_at_far 0.1 at probe 16, gallery full is .*, promised at least 1.1$/m),
    })
    await writeFile(gate, '{}')
    expect(await lfw('--gate', gate)).toMatchObject({ code: 1, stderr: expect.stringContaining('GATE_INVALID') })
  })

  it('keeps its figures where the report cannot be drawn', async () => {
    await put(at('kept'), 'scores/broken.parquet', 'PAR1')
    const answer = await lfw('--out', at('kept'), '--json')
    expect(answer).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: the figures are kept, but .*broken.parquet.*SCORES_FILE_INVALID/m),
    })
    expect(JSON.parse(await readFile(at('kept', 'report.json'), 'utf8'))).toEqual(answer.json())
    expect(await readdir(at('kept'))).toEqual(['report.json', 'scores'])
  })

  it('enhances degraded probes by a network that it is given, and says so', async () => {
    const plain = (await lfw('--json')).json()
    await writeFile(at('repeat.onnx'), repeatPixels())
    const answer = await lfw('--enhance', at('repeat.onnx'), '--json')
    expect(answer.code, answer.stderr).toBe(0)
    const { enhancer, resolutions } = answer.json()
    expect(enhancer).toMatchObject({ model: at('repeat.onnx'), scale: 2, below: null })
    expect(resolutions.full).toEqual(plain.resolutions.full)
    expect((await lfw('--enhance', at('repeat.onnx'), '--enhance-below', '12')).stdout).toContain(
      `Probes below 12 px were enhanced 2 times by ${at('repeat.onnx')}.`,
    )
    expect(await lfw('--enhance-below', '12')).toMatchObject({ code: 2, stderr: expect.stringContaining('--enhance.') })
  })

  it('measures any folder of subjects, whose figures have intervals', async () => {
    await put(at('subjects'), 'landmarks.csv', landmarksOf(await writeSubjects(at('subjects'), 4, 4)))
    const args = ['--data', at('subjects'), '--model', 'base', '--resolutions', '8,full', '--seed', '3', '--json']
    const answer = await cli.run('evaluate', '--protocol', 'folder', ...args)
    expect(answer.code, answer.stderr).toBe(0)
    const { resolutions, models } = answer.json()
    expect(Object.keys(resolutions)).toEqual(['8', 'full'])
    for (const figures of Object.values(resolutions)) {
      for (const name of ['rank1', 'tar_at_far', 'fnir_at_fpir']) {
        const { value, low, high } = (figures as Record<string, { value: number; low: number; high: number }>)[
          name
        ] ?? {
          value: Number.NaN,
          low: Number.NaN,
          high: Number.NaN,
        }
        expect(low).toBeLessThanOrEqual(value)
        expect(value).toBeLessThanOrEqual(high)
        expect(low).toBeLessThan(high)
      }
    }
    expect(Object.keys(models[0].protocols)).toEqual(['folder-closed-set', 'folder-open-set', 'folder-verification'])
    // The same seed says the same.
    expect((await cli.run('evaluate', '--protocol', 'folder', ...args)).stdout).toBe(answer.stdout)
  })

  it('measures the subjects that a training holds out', async () => {
    const args = [
      '--protocol',
      'folder',
      '--data',
      at('subjects'),
      '--model',
      'base',
      '--resolutions',
      'full',
      '--json',
    ]
    const answer = await cli.run('evaluate', ...args, '--held-out', '0.5', '--seed', '3')
    expect(answer.code, answer.stderr).toBe(0)
    expect(answer.json()).toMatchObject({ held_out: 0.5, seed: 3, compared: [{ images: 2 * 4 }, {}, {}] })
    await writeFile(at('names.txt'), 'a\nb\n')
    const both = await cli.run('evaluate', ...args, '--held-out', '0.5', '--subjects', at('names.txt'))
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('leave one out') })
    expect(await lfw('--held-out', '0.5')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--protocol folder'),
    })
    expect(await lfw('--held-out', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('"1" is no share') })
    expect(await lfw('--thumbnails')).toMatchObject({ code: 2, stderr: expect.stringContaining('add --out') })
  })

  it('finds faces where nobody has said where they are, and counts those it does not find as misses', async () => {
    for (const [subject, number] of [1, 2, 3].entries()) {
      for (const picture of ['a', 'b'])
        await put(at('found'), `s${subject}/${picture}.jpg`, await samplePhotograph(number))
    }
    await put(at('found'), 's0/b.jpg', await readFile(at('subjects', 'a', '1.jpg')))
    const args = ['--data', at('found'), '--model', 'base', '--resolutions', 'full', '--json']
    const answer = await cli.run('evaluate', '--protocol', 'folder', ...args)
    expect(answer.code, answer.stderr).toBe(0)
    const { models, resolutions } = answer.json()
    expect(models[0].failed).toEqual([{ image: 's0/b.jpg', reason: 'FACE_NOT_FOUND' }])
    expect(resolutions.full.rank1).toMatchObject({ value: 2 / 3, count: 3 })
  })

  it('says what is missing, and what was meant', async () => {
    const missing = await cli.run('evaluate', '--protocol', 'lfw', '--data', at('nowhere'), '--model', 'base')
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('PROTOCOL_DATA_MISSING') })
    expect(await lfw('--resolutions', '16,huge')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"huge" is no resolution'),
    })
    expect(await lfw('--compare', 'base')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('MODEL_NAMED_TWICE'),
    })
    expect(await cli.run('evaluate', '--protocol', 'faces', '--data', at('lfw'))).toMatchObject({ code: 2 })
  })
})
