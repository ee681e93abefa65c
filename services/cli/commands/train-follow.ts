import type { Training } from '../../../gen/crossres/v1/trainer.js'
import type { Clients } from '../../../libs/rpc/client.js'
import type { CommandContext } from '../context.js'
import { toCliFailure } from '../failure.js'
import type { Progress, StartProgress } from '../progress.js'
import { lastSegment } from '../resource-names.js'
import { hasEnded, progressText, validationText } from './train-text.js'

/**
 * Shows how a training goes on until it ends. On Ctrl-C it goes on where a server of its own works on it; in this process it is
 * cancelled, which stores a checkpoint that `train resume` begins with.
 * @param ownProcess whether the server ends with this command
 * @returns the training that has ended
 */
export async function followTraining(
  { startProgress, signal, output }: CommandContext,
  { trainer }: Clients,
  name: string,
  ownProcess: boolean,
): Promise<Training> {
  const id = lastSegment(name)
  const display = createDisplay(startProgress)
  const watch = async (until: { signal?: AbortSignal }) => {
    let last: Training | undefined
    for await (const { training } of trainer.watchTraining({ name }, until)) {
      if (training) display.show(training)
      last = training
    }
    if (!last || !hasEnded(last)) throw new Error('The trainer ended the watch before the training.')
    return last
  }
  try {
    return await watch({ signal })
  } catch (error) {
    display.stop()
    if (signal.aborted && ownProcess) {
      output.note('Stopping after this step, with a checkpoint; Ctrl-C again ends at once ...')
      await trainer.cancelTraining({ name })
      const { progress } = await watch({})
      output.note(`Stopped after step ${progress?.step ?? 0}. It goes on with: crossres train resume ${id}`)
    } else if (signal.aborted) {
      output.note(`The training goes on. Watch it: crossres train watch ${id}; stop it: crossres train cancel ${id}`)
    } else if (toCliFailure(error).status === 'UNAVAILABLE') {
      output.note(`It goes on when its server is back. Watch it then: crossres train watch ${id}`)
    }
    throw error
  } finally {
    display.stop()
  }
}

/** The bar of a training, with a line for each validation. */
function createDisplay(startProgress: StartProgress) {
  let shown: Progress | undefined
  let validated: bigint | undefined
  return {
    show({ progress }: Training): void {
      if (!progress) return
      shown ??= startProgress('Training', Number(progress.totalSteps))
      shown.reach(Number(progress.step), progressText(progress))
      const { validation, best } = progress
      if (!validation || validation.step === validated) return
      validated = validation.step
      shown.say(`TAR ${validationText(validation)}${best?.step === validation.step ? ', the best so far' : ''}`)
    },
    stop(): void {
      shown?.stop()
      shown = undefined
    },
  }
}
