// A run's process whose training is a script instead of a network: what its resultModel says, step by step.
import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../../libs/engine/tensorflow.js'
import type { RunTraining } from '../../run/run-types.js'
import { serveRun } from '../serve-run.js'
import { anyProgress } from './any-progress.js'

/**
 * Counts a number of steps in the object store, a checkpoint each other step. Where a step's name is in `dataUri` it happens:
 * `die@3` at each time that step 3 is reached, `die-once@3` the first time, `fail@3`, `crash@3` as an error of the domain and as none.
 */
const scripted: RunTraining = async ({ objects }, { id, dataUri, settings }, hooks) => {
  const key = `trainings/${id}/checkpoints/step`
  const diedKey = `trainings/${id}/died`
  const script = dataUri.split(' ')
  const found = await objects.get(key).catch(() => undefined)
  let step = Number(Buffer.from(found?.body ?? []).toString() || 0)
  while (step < settings.images) {
    await sleep(settings.batch)
    step += 1
    if (script.includes(`die@${step}`)) process.kill(process.pid, 'SIGKILL')
    if (script.includes(`die-once@${step}`) && !(await objects.head(diedKey))) {
      await objects.put(diedKey, Buffer.from('yes'))
      process.kill(process.pid, 'SIGKILL')
    }
    if (script.includes(`fail@${step}`))
      throw new DomainError('TRAINING_DIVERGED', 'The script says so.', { step: `${step}` })
    if (script.includes(`crash@${step}`)) throw new TypeError('the script crashes')
    hooks.progressed(anyProgress(step, settings.images))
    if (step % 2 === 0 || hooks.signal.aborted) {
      await objects.put(key, Buffer.from(String(step)))
      hooks.checkpointStored(step, key)
    }
    if (hooks.signal.aborted) return {}
  }
  return { resultVersion: 'models/scripted/versions/0123456789ab' }
}

serveRun(process, { runTraining: scripted, loadTensorFlow: async () => ({}) as TensorFlow })
