import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newFolder, put } from '../../../libs/dataset/testing/sample-faces.js'
import type { DegradedSide } from '../measure/conditions.js'
import { writeSampleEvaluation } from '../testing/sample-evaluation.js'
import { makeReport } from './make-report.js'
import { pathSource } from './report-sources.js'

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const MAKING = { version: '1.2.3', time: new Date('2026-03-01T20:00:00Z') }
const draw = async (...paths: string[]) => {
  const sources = await Promise.all(paths.map((path) => pathSource(join(folder, path))))
  return makeReport(sources, MAKING)
}

it.each([
  ['probe', 2],
  ['matrix', 1],
] as [DegradedSide, number][])(
  'comes from scores alone to the very report of the evaluation: %s, models: %i',
  async (side, models) => {
    await writeSampleEvaluation(folder, side, models)
    const whole = await draw('.')
    await rm(join(folder, 'report.json'))
    expect(await draw('scores')).toEqual(whole)
    // In the order of the evaluation, whatever order they are named in.
    if (models > 1) expect(await draw('scores/mine', 'scores/base')).toEqual(whole)
  },
)

it('makes a report of a part of the scores', async () => {
  await writeSampleEvaluation(folder, 'probe', 2)
  const { html, csv } = await draw('scores/mine/ijbb-verification/full-8-0.parquet')
  expect(html).toContain('<figcaption>ROC, mine 111111</figcaption>')
  expect(csv).toContain('ijbb-verification,tar_at_far,0.001,mine 111111,measured,8,full,')
  expect(csv).not.toMatch(/base|open-set|difference/)
})

it('says which file it cannot use, and why', async () => {
  await writeSampleEvaluation(folder, 'probe', 1)
  const searches = 'scores/base/folder-open-set'
  const failing = async (...paths: string[]) => {
    const error = await draw(...paths).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ reason: 'SCORES_FILE_INVALID' })
    return (error as Error).message
  }
  expect(await failing(`${searches}/full-8-1.parquet`)).toMatch(/full-8-1.parquet has one of 2 galleries/)
  await copyFile(join(folder, searches, 'full-8-0.parquet'), join(folder, 'again.parquet'))
  expect(await failing('again.parquet', searches)).toMatch(/full-8-0.parquet has the same scores as .*again.parquet/)
  const other = parquetWriteBuffer({ columnData: [{ name: 'score', data: [0.5], type: 'FLOAT' }] })
  await put(folder, 'other.parquet', Buffer.from(other))
  expect(await failing('other.parquet')).toMatch(/other.parquet lacks what a report needs.*crossres metrics/)
  await put(folder, 'broken.parquet', 'PAR1')
  expect(await failing('broken.parquet')).toContain('broken.parquet')
})
