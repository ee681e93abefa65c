// Runs in a thread of its own: the network computes in the thread that calls it.
import { workerData } from 'piscina'
import { once } from '../../libs/config/once.js'
import { toThreadResult } from '../../libs/config/thread-result.js'
import { createSessionEngine } from '../../libs/engine/session-engine.js'
import type { EmbedTask, EmbedThreadData } from './embed-task.js'
import { createRunChips, refused } from './run-chips.js'

const NAME = 'ONNX Runtime'
const { onnx, card, threads } = workerData as EmbedThreadData
const runChips = once(async () => {
  const engine = await createSessionEngine({ model: onnx, threads }).catch(refused('MODEL_LOAD_FAILED', NAME))
  return createRunChips(engine, card, NAME)
})

/** @returns the features of all chips, row after row, as the network answers them */
export default function run({ chips }: EmbedTask) {
  return toThreadResult(async (): Promise<Float32Array> => (await runChips.get())(chips))
}
