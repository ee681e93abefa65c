import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JobState } from '../../../gen/crossres/v1/common.js'
import { type Training, TrainingMethod } from '../../../gen/crossres/v1/trainer.js'
import { createFolderObjectStore } from '../../../libs/objects/folder.js'
import type { MetricsLine } from '../run/metrics-log.js'
import { describeSettings, resolveSettings } from '../scheme/text-settings.js'
import { trainingPage } from './training-page.js'
import { writeTrainingPage } from './write-training-page.js'

const settings = describeSettings(
  resolveSettings({ method: 't-c', preset: 'paper', settings: { learning_rate: '0.005', batch: '64' } }),
)
const validation = (step: number, low: number, full: number, best: boolean) => ({
  step: BigInt(step),
  tar: { '24': low, full },
  score: (low + full) / 2,
  best,
})

const TRAINING: Training = {
  name: 'trainings/night-1',
  config: {
    method: TrainingMethod.T_C,
    baseModel: 'models/base/versions/0123456789ab',
    teacherModel: 'models/base/versions/0123456789ab',
    dataUri: '/faces <of> "many"',
    landmarksUri: '',
    preset: 'paper',
    settings,
    seed: 7n,
    resultModel: 'models/base-t-c',
  },
  state: JobState.SUCCEEDED,
  progress: {
    step: 1000n,
    totalSteps: 1000n,
    imagesSeen: 64_000n,
    imagesPerSecond: 21.5,
    eta: undefined,
    dataWaitShare: 0.02,
    learningRate: 0.001,
    degradationProbability: 1,
    losses: { total: 1.2 },
    validation: validation(1000, 0.79, 0.94, false),
    best: validation(750, 0.81, 0.95, true),
    skippedImages: 3n,
  },
  error: undefined,
  resultVersion: 'models/base-t-c/versions/ba9876543210',
  checkpointStep: 1000n,
  createTime: new Date('2026-03-01T20:00:00Z'),
  startTime: new Date('2026-03-01T20:00:05Z'),
  endTime: new Date('2026-03-01T21:05:05Z'),
}

/** A run of 1,000 steps with a validation every 250. */
function metrics(): MetricsLine[] {
  const wave = (step: number) => 0.15 * Math.sin(step * 12.9898) * Math.cos(step * 78.233)
  const measured = [
    validation(0, 0.4, 0.96, true),
    validation(250, 0.7, 0.94, true),
    validation(500, 0.75, 0.92, true),
    validation(750, 0.81, 0.95, true),
    validation(1000, 0.79, 0.94, false),
  ]
  const lines: MetricsLine[] = []
  for (let step = 0; step <= 1000; step++) {
    const [classification, teacher] = [6 / (1 + step / 200) + wave(step), 0.4 / (1 + step / 300)]
    if (step > 0) {
      lines.push({
        step,
        images: step * 64,
        rate: step < 600 ? 0.005 : 0.001,
        share: step / 1000,
        losses: { classification, teacher, total: classification + 0.1 * teacher, gradientNorm: 40 / (1 + step / 50) },
        imagesPerSecond: 20 + 5 * wave(step * 3),
        dataWaitShare: 0.02 + 0.1 / step,
      })
    }
    const found = measured.find((each) => Number(each.step) === step)
    if (found) lines.push({ step, validation: { tar: found.tar, score: found.score, best: found.best } })
  }
  return lines
}

it('shows curves, the best validation, the result and every setting, what was changed marked', async () => {
  const page = await trainingPage(TRAINING, metrics())
  const captions = [...page.matchAll(/<figcaption>([^<]+)/g)].map(([, caption]) => caption)
  expect(captions).toEqual([
    'Validation',
    'Losses',
    'Learning rate',
    'Gradient norm',
    'Degraded images',
    'Speed',
    'Waiting for data',
  ])
  expect(page).toContain('<strong>models/base-t-c/versions/ba9876543210</strong>')
  expect(page).toContain('24 px 81.0 %, full resolution 95.0 %, after step 750')
  expect(page).toContain('24 px 40.0 %, full resolution 96.0 %, after step 0')
  expect(page).toContain('/faces &lt;of&gt; &quot;many&quot;')
  expect(page).toContain('1 h 5 min')
  expect(page).toContain('<strong>3</strong> that could not be read')
  expect(page).toMatch(/<td>750<\/td><td>81.00 %<\/td><td>95.00 %<\/td><td>88.00 %<\/td><td>best<\/td>/)
  // Two settings differ from the paper's.
  expect([...page.matchAll(/<span class="changed">([^<]+)<\/span> \(([^)]+)\)/g)].map(([, ...found]) => found)).toEqual(
    [
      ['64', '256'],
      ['0.005', '0.001'],
    ],
  )
  for (const name of Object.keys(settings)) expect(page).toContain(`<td>${name}</td>`)
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|undefined/)
  expect(await trainingPage(TRAINING, metrics())).toBe(page)
})

it('shows why a run failed, also before its first step', async () => {
  const error = { code: 3, reason: 'DATASET_EMPTY', message: 'No <faces>.', metadata: {} }
  const failed: Training = { ...TRAINING, state: JobState.FAILED, progress: undefined, resultVersion: '', error }
  const page = await trainingPage(failed, [])
  expect(page).toContain('It failed: DATASET_EMPTY</p><p>No &lt;faces&gt;.</p>')
  expect(page).toContain('No step has been recorded yet')
  expect(page).not.toContain('<figure>')
})

it('puts the page beside the metrics', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossres-page-'))
  try {
    const objects = await createFolderObjectStore({ folder })
    await objects.put(
      'trainings/night-1/metrics.jsonl',
      Buffer.from(
        metrics()
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      ),
    )
    expect(await writeTrainingPage({ objects }, TRAINING)).toBe('trainings/night-1/report.html')
    const stored = Buffer.from((await objects.get('trainings/night-1/report.html')).body).toString()
    expect(stored).toBe(await trainingPage(TRAINING, metrics()))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
