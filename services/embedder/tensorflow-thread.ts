// Runs in a thread of its own, which holds all networks: a process has room for one TensorFlow.
import { DomainError } from '../../libs/config/domain-error.js'
import { once } from '../../libs/config/once.js'
import { toThreadResult } from '../../libs/config/thread-result.js'
import type { Engine } from '../../libs/engine/engine.js'
import { loadTensorFlow } from '../../libs/engine/tensorflow.js'
import { createExecutorEngine } from '../../libs/onnx/executor/executor-engine.js'
import type { TensorFlowTask } from './embed-task.js'
import { createRunChips, type RunChips, refused } from './run-chips.js'

const NAME = 'TensorFlow'
const NOTHING = new Float32Array(0)
const tensorFlow = once(() => loadTensorFlow())
const networks = new Map<number, { readonly engine: Engine; readonly run: RunChips }>()

/** @returns the features of all chips of a run, row after row, as the network answers them; nothing of other tasks */
export default function work(task: TensorFlowTask) {
  return toThreadResult(async (): Promise<Float32Array> => {
    const { network } = task
    if (task.kind === 'load') {
      const engine = await load(task.onnx)
      networks.set(network, { engine, run: createRunChips(engine, task.card, NAME) })
      return NOTHING
    }
    const found = networks.get(network)
    if (task.kind === 'run') return found ? found.run(task.chips) : closed()
    networks.delete(network)
    await found?.engine.close()
    return NOTHING
  })
}

async function load(onnx: Uint8Array): Promise<Engine> {
  const tf = await tensorFlow.get()
  try {
    return createExecutorEngine(tf, onnx)
  } catch (error) {
    if (error instanceof DomainError) throw error
    return refused('MODEL_LOAD_FAILED', NAME)(error)
  }
}

function closed(): never {
  throw new DomainError('ENGINE_RUN_FAILED', 'The network is closed.')
}
