import type { Logger } from 'pino'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { type JobOutcome, type JobProcess, startJobProcess } from '../../../libs/jobs/job-process.js'
import type { RunResult } from '../run/run-types.js'
import type { FromRun, RunAssignment } from './run-messages.js'

/** What is heard of a run. */
export interface RunListener {
  progressed(progress: TrainingProgress): void
  /** @param key of the checkpoint's object */
  checkpointStored(step: number, key: string): void
}

/** How a run's process ended. */
export type RunOutcome = JobOutcome<RunResult>

/** The process of a run: `stop` asks for its end after the present step, with a checkpoint. */
export type RunChild = JobProcess<RunResult>

/** What a process is started with. */
export interface RunChildOptions {
  /** Its script, which calls serveRun. */
  readonly file: URL
  readonly assignment: RunAssignment
  readonly listener: RunListener
  readonly logger: Logger
}

/** Starts the process of a run. */
export function startRunChild({ file, assignment, listener, logger }: RunChildOptions): RunChild {
  const child = startJobProcess<RunAssignment, FromRun, RunResult>({
    file,
    assignment,
    hear(said) {
      if (said.kind === 'progressed') listener.progressed(said.progress)
      else listener.checkpointStored(said.step, said.key)
    },
  })
  return {
    ...child,
    ended: child.ended.then((outcome) => {
      if (outcome.kind === 'died')
        logger.error({ training: assignment.spec.id }, `the process of a training ${outcome.how}`)
      return outcome
    }),
  }
}
