import { z } from 'zod'

/** Where a job stands. */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
/** See JOB_STATES. */
export type JobState = (typeof JOB_STATES)[number]

/** An error as it is kept. */
export const JobErrorSchema = z.object({
  reason: z.string(),
  message: z.string(),
  metadata: z.record(z.string(), z.string()),
})
/** See JobErrorSchema. */
export type JobError = Readonly<z.infer<typeof JobErrorSchema>>

/** Who works on a job; one that is no longer renewed has lost its worker. */
export const LeaseSchema = z.object({
  /** See openWorkerName. */
  worker: z.string(),
  /** In ms since the epoch, by the worker's clock. */
  renewTime: z.number(),
})
/** See LeaseSchema. */
export type Lease = Readonly<z.infer<typeof LeaseSchema>>

/** Long work as it is kept, whatever the work is. Times are in ms since the epoch. */
export interface Job<Progress> {
  readonly spec: { readonly id: string }
  readonly state: JobState
  readonly progress?: Progress
  readonly error?: JobError
  /** Absent while nobody works on it. */
  readonly lease?: Lease | undefined
  /** Its worker shall end it, and it is cancelled then. */
  readonly cancelRequested?: true | undefined
  readonly createTime: number
  /** When it last came into the queue, which is in this order. */
  readonly queueTime: number
  readonly startTime?: number
  readonly endTime?: number
}

/** @returns whether nothing more happens to a job by itself */
export const hasEnded = ({ state }: Pick<Job<unknown>, 'state'>) => state !== 'queued' && state !== 'running'

/** @returns whether nobody but `worker` has a lease on a job */
export const isFreeFor = ({ lease }: Pick<Job<unknown>, 'lease'>, worker: string) =>
  lease === undefined || lease.worker === worker

/** @returns a text by whose order jobs lie newest first */
export function newestFirstKey({ createTime, spec }: Pick<Job<unknown>, 'createTime' | 'spec'>): string {
  return `${String(Number.MAX_SAFE_INTEGER - createTime).padStart(16, '0')} ${spec.id}`
}
