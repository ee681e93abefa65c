import { pino } from 'pino'
import { DomainError } from '../../config/domain-error.js'
import type { ObjectStore } from '../../objects/object-store.js'
import type { Job } from '../job.js'
import { createJobStore, type JobKind } from '../job-store.js'
import { createJobs, type Jobs } from '../jobs.js'

/** A job of tests: what it does is nobody's business. */
export interface TestJob extends Job<{ readonly step: number }> {
  readonly result?: string
}

const problem = (reason: string) => (id: string) => new DomainError(reason, `About ${id}.`)

const KIND: JobKind<TestJob> = {
  folder: 'jobs',
  file: 'job.json',
  encode: (record) => Buffer.from(JSON.stringify(record)),
  decode: (body) => JSON.parse(Buffer.from(body).toString()),
  notFound: problem('TRAINING_NOT_FOUND'),
  alreadyExists: problem('TRAINING_ALREADY_EXISTS'),
  invalid: problem('TRAINING_RECORD_INVALID'),
}

/** @returns the jobs in a store, as a process with that worker has them */
export function testJobs(objects: ObjectStore, worker: string): Jobs<TestJob, { readonly step: number }> {
  const logger = pino({ level: 'silent' })
  return createJobs({ store: createJobStore({ objects, logger }, KIND), worker, logger })
}

/** A queued job. */
export function testJob(id: string, changes: Partial<TestJob> = {}): TestJob {
  return { spec: { id }, state: 'queued', createTime: 1, queueTime: 1, ...changes }
}
