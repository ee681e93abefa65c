import { resolveSettings } from '../../scheme/text-settings.js'
import type { TrainingRecord } from '../training-record.js'

/**
 * A queued run.
 * @param script see scripted-run-process.ts
 * @param steps how many it counts
 * @param stepMs how long each takes
 */
export function anyRecord(id: string, { script = '', steps = 4, stepMs = 1, createTime = 1 } = {}): TrainingRecord {
  const settings = resolveSettings({ method: 't-c', preset: 'paper', settings: {} })
  return {
    schema: 1,
    spec: {
      id,
      settings: { ...settings, images: steps, batch: stepMs },
      baseVersion: 'models/base/versions/0123456789ab',
      teacherVersion: 'models/base/versions/0123456789ab',
      dataUri: script,
      landmarksUri: '',
      resultModel: 'scripted',
    },
    preset: 'paper',
    state: 'queued',
    createTime,
    queueTime: createTime,
  }
}
