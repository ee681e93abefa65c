import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { putSmallModel } from '../../services/trainer/run/testing/small-model.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { createCli, type RunningCli, said } from './cli-process.js'

/** Three steps of four images, measured before the first and after the last two. */
const SHORT = settings({
  images: 12,
  batch: 4,
  micro_batch: 2,
  validation_every: 8,
  validation_share: 0.4,
  bank_size: 8,
  warm_up_steps: 1,
})
const LONG = [...SHORT, ...settings({ images: 400_000, validation_every: 400_000 })]

let folder: string
let cli: ReturnType<typeof createCli>
const at = (...path: string[]) => join(folder, ...path)
const train = (...args: string[]) => ['train', '--base', 'small-face', '--data', at('faces'), ...args]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-train-'))
  cli = createCli({ CROSSRES_DATA: at('data'), CROSSRES_CACHE: at('cache') })
  await putSmallModel(await createFolderObjectStore({ folder: at('data', 'objects') }), 'small-face')
  await mkdir(at('faces'))
  for (let number = 1; number <= 6; number++) {
    const small = sharp(await samplePhotograph(number)).resize(150, 150)
    await writeFile(at('faces', `${number}.png`), await small.png().toBuffer())
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('without a server', { timeout: 240_000 }, () => {
  it('trains to the end: a result that embeds faces, a page, a place in the list', async () => {
    const answer = await cli.run(...train('--id', 'first', '--name', 'robust', '--seed', '7', '--json', ...SHORT))
    expect(answer.code, answer.stderr).toBe(0)
    const training = answer.json()
    expect(training).toMatchObject({
      name: 'trainings/first',
      state: 'SUCCEEDED',
      method: 'crossres',
      preset: 'default',
      data: at('faces'),
      seed: 7,
      settings: { images: '12', batch: '4', learning_rate: '0.005' },
      result: expect.stringMatching(/^models\/robust\/versions\/[0-9a-f]{12}$/),
      progress: { step: 3, totalSteps: 3, imagesSeen: 12, skippedImages: 0 },
      checkpointStep: 3,
      error: null,
    })
    expect(answer.stderr).toContain('trainings/first: crossres on ')
    expect(answer.stderr).toMatch(/^TAR 24 px [\d.]+ %, full [\d.]+ % after step 0, the best so far$/m)
    expect(answer.stderr).toMatch(/after step 3/)
    const page = await readFile(fileURLToPath(training.page), 'utf8')
    expect(page).toContain(`<strong>${training.result}</strong>`)
    expect(page).toContain('<figcaption>Losses')

    const embedded = await cli.run('embed', '--model', 'robust', '--json', at('faces/1.png'))
    expect(embedded.json().model).toBe(training.result)
    const [listed] = (await cli.run('train', 'list', '--json')).json().trainings
    expect(listed).toEqual({ ...training, page: undefined })
    expect((await cli.run('train', 'list')).stdout).toMatch(/^first +SUCCEEDED +crossres +3\/3 /m)
    expect((await cli.run('train', 'get', 'first')).stdout).toMatch(/^Step +3 of 3$/m)

    const made = await cli.run('train', 'report', 'first', '--out', at('own.html'))
    expect(made.code, made.stderr).toBe(0)
    expect(await readFile(at('own.html'), 'utf8')).toBe(page)
  })

  it('stops with a checkpoint on Ctrl-C, and goes on from there', async () => {
    const running = cli.start(train('--id', 'stopped', ...LONG))
    await said(running, 'after step 0')
    running.process.kill('SIGINT')
    const stopped = await running.result
    expect(stopped.code).toBe(130)
    const [, step] =
      /^Stopped after step (\d+)\. It goes on with: crossres train resume stopped$/m.exec(stopped.stderr) ?? []
    const left = (await cli.run('train', 'get', 'stopped', '--json')).json()
    expect(left).toMatchObject({ state: 'CANCELLED', checkpointStep: Number(step), result: null })

    const resumed = cli.start(['train', 'resume', 'trainings/stopped'])
    await said(resumed, 'Training: ')
    resumed.process.kill('SIGINT')
    const again = await resumed.result
    const [, further] = /^Stopped after step (\d+)\./m.exec(again.stderr) ?? []
    expect(Number(further)).toBeGreaterThan(Number(step))
  })

  it('refuses what cannot be trained, and says what to do', async () => {
    expect(await cli.run('train')).toMatchObject({ code: 2, stderr: expect.stringContaining('--data FOLDER') })
    expect(await cli.run(...train('--detach'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('crossres up'),
    })
    const wrong = await cli.run(...train('--json', '--set', 'batch=-1', '--set', 'colour=red'))
    expect(wrong.code).toBe(1)
    const { reason, message } = wrong.json().error
    expect(reason).toBe('TRAINING_SETTING_INVALID')
    expect(message).toMatch(/batch.*colour|colour.*batch/)
    const unlabelled = await cli.run(...train('--method', 't-c', '--id', 'unlabelled'))
    expect(unlabelled).toMatchObject({ code: 1, stderr: expect.stringContaining('TRAINING_LABELS_MISSING') })
    expect(unlabelled.stdout).toMatch(/^trainings\/unlabelled failed after step 0\./)
    expect((await cli.run('train', 'get', 'nowhere')).stderr).toContain('TRAINING_NOT_FOUND')
  })

  it('lists every setting with its default and what it is', async () => {
    const { settings } = (await cli.run('train', 'settings', '--method', 't-c', '--preset', 'paper', '--json')).json()
    const rate = settings.find(({ name }: { name: string }) => name === 'learning_rate')
    expect(rate).toMatchObject({ value: '0.001', about: expect.stringContaining('rate') })
    expect(settings.every(({ about }: { about: string }) => about !== '')).toBe(true)
    const help = (await cli.run('train', '--help')).stdout
    for (const word of ['--data', '--method', 'crossres train resume', 'Examples:']) expect(help).toContain(word)
  })
})

describe('with a server on the data folder', { timeout: 240_000 }, () => {
  let server: RunningCli
  beforeAll(async () => {
    server = cli.start(['up', '--port', '0'])
    await server.firstLine()
  })
  afterAll(async () => {
    server.process.kill('SIGINT')
    await server.result
  })

  it('leaves a training to the server, watches it, lets go of it, cancels it', async () => {
    const detached = await cli.run(...train('--id', 'apart', '--detach', '--json', ...LONG))
    expect(detached.code, detached.stderr).toBe(0)
    expect(detached.json()).toMatchObject({ name: 'trainings/apart', state: expect.stringMatching(/QUEUED|RUNNING/) })

    const watching = cli.start(['train', 'watch', 'apart'])
    await said(watching, 'after step 0')
    watching.process.kill('SIGINT')
    const left = await watching.result
    expect(left.code).toBe(130)
    expect(left.stderr).toContain('The training goes on.')
    expect((await cli.run('train', 'get', 'apart', '--json')).json().state).toBe('RUNNING')

    const cancelled = await cli.run('train', 'cancel', 'apart', '--json')
    expect(cancelled.json()).toMatchObject({ state: 'CANCELLED', result: null })
    expect(existsSync(at('data/objects/trainings+/apart+/report.html'))).toBe(true)
    expect((await cli.run('train', 'cancel', 'apart')).stderr).toContain('TRAINING_ENDED')
  })
})

function settings(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`])
}
