import { type ItemError, JobState as StateMessage } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../config/domain-error.js'
import { toItemError } from '../rpc/rpc-error.js'
import type { JobError, JobState } from './job.js'

/** The state of a job in messages. */
export const JOB_STATE_MESSAGE: Readonly<Record<JobState, StateMessage>> = {
  queued: StateMessage.QUEUED,
  running: StateMessage.RUNNING,
  succeeded: StateMessage.SUCCEEDED,
  failed: StateMessage.FAILED,
  cancelled: StateMessage.CANCELLED,
}

/** @returns a kept error as callers see it */
export function jobErrorMessage(error: JobError | undefined): ItemError | undefined {
  return error && toItemError(new DomainError(error.reason, error.message, error.metadata))
}
