import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { landmarksOf, put, writeSubjects } from '../../libs/dataset/testing/sample-faces.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { createS3ObjectStore } from '../../libs/objects/s3.js'
import { bucketOf, bucketVariables } from '../fixtures/servers/s3-server.js'
import { startSeaweedFs } from '../fixtures/servers/seaweedfs.js'
import { createCli } from './cli-process.js'

let folder: string
let cli: ReturnType<typeof createCli>
const at = (...path: string[]) => join(folder, ...path)
const calibrate = (...args: string[]) => cli.run('calibrate', '--data', at('faces'), '--model', 'base', ...args)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-calibrate-'))
  cli = createCli({ CROSSRES_DATA: at('data'), CROSSRES_CACHE: at('cache') })
  await put(at('faces'), 'landmarks.csv', landmarksOf(await writeSubjects(at('faces'), 10, 4)))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('crossres calibrate', { timeout: 120_000 }, () => {
  it('writes the card of the version, and answers the same for the same seed', async () => {
    const answer = await calibrate('--seed', '2', '--json')
    expect(answer.code, answer.stderr).toBe(0)
    const { model, bands, subjects, check_subjects, failed_extractions } = answer.json()
    expect([subjects, check_subjects, failed_extractions]).toEqual([7, 3, 0])
    expect(bands.map(({ band }: { band: string }) => band)).toEqual([
      '8',
      '12',
      '16',
      '24',
      '32',
      '48',
      '64',
      '128',
      'full',
    ])
    for (const { thresholds } of bands) {
      expect(Object.keys(thresholds)).toEqual(['0.1', '0.01', '0.001', '0.0001', '0.00001'])
    }
    const objects = await createFolderObjectStore({ folder: at('data', 'objects'), guest: 'test' })
    const { card } = await createModelRegistry({ objects }).get(model)
    expect(card.calibration).toMatchObject({ dataset: answer.json().dataset, subjects: 7, seed: 2 })
    expect(card.calibration?.bands).toHaveLength(9)
    expect((await calibrate('--seed', '2', '--json')).stdout).toBe(answer.stdout)
    expect((await cli.run('models', 'show', 'base', '--json')).json().calibration).toBe('CALIBRATED')
  })

  it('shows a table of what the thresholds came to, for a model in a bucket too', async () => {
    const s3 = await startSeaweedFs()
    onTestFinished(() => s3.stop())
    const bucket = bucketOf(s3, 'models')
    await ensureBucket(bucket)
    const inBucket = createCli({ CROSSRES_DATA: at('empty'), CROSSRES_CACHE: at('cache'), ...bucketVariables(bucket) })
    const { code, stdout, stderr } = await inBucket.run('calibrate', '--data', at('faces'), '--model', 'base')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^ *Band +Strangers +Target +Threshold +FMR, % +FPIR, % +FNMR, %$/m)
    expect(stdout).toMatch(/^ *8 px +168 +0.01 /m)
    expect(stdout).toMatch(/is calibrated: fitted on 7 subjects, the rates are of 3 other subjects\./)
    const registry = createModelRegistry({ objects: createS3ObjectStore(bucket) })
    expect((await registry.get('models/base')).card.calibration?.subjects).toBe(7)
  })

  it('says what to do about too few faces, and about an address', async () => {
    await put(at('few'), 'landmarks.csv', landmarksOf(await writeSubjects(at('few'), 2, 2)))
    const few = await cli.run('calibrate', '--data', at('few'), '--model', 'base')
    expect([few.code, few.stderr]).toEqual([1, expect.stringContaining('CALIBRATION_DATA_INSUFFICIENT')])
    const addressed = await cli.run('--address', '127.0.0.1:1', 'calibrate', '--data', at('faces'))
    expect([addressed.code, addressed.stderr]).toEqual([2, expect.stringContaining('leave out --address')])
  })
})
