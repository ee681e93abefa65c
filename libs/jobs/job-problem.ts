import { DomainError } from '../config/domain-error.js'

/** @returns the error of a worker that is not, or no longer, the one that may work on a job */
export function jobHeldElsewhere(id: string): DomainError {
  return new DomainError(
    'JOB_HELD_ELSEWHERE',
    `Another worker has the job ${id}, or it has ended meanwhile: read it again, and decide again.`,
    { job: id },
  )
}
