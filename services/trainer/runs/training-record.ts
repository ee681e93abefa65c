import { z } from 'zod'
import type { TrainingProgress } from '../../../gen/crossres/v1/trainer.js'
import { JOB_STATES, type Job, JobErrorSchema, LeaseSchema } from '../../../libs/jobs/job.js'
import type { RunSpec } from '../run/run-types.js'
import type { TrainingSettings } from '../scheme/config.js'

/** A run as it is kept, under `trainings/{id}/training.json`. */
export interface TrainingRecord extends Job<TrainingProgress> {
  readonly schema: 1
  readonly spec: RunSpec
  /** What the settings come from. */
  readonly preset: string
  /** `models/{model}/versions/{version}`. */
  readonly resultVersion?: string
  /** Step of the newest checkpoint. */
  readonly checkpointStep?: number
}

// JSON has no 64-bit integers; none of these comes near 2^53.
const int64 = z.int().transform(BigInt)
const figures = z.record(z.string(), z.number())

const ValidationSchema = z.object({ step: int64, tar: figures, score: z.number() })

const ProgressSchema: z.ZodType<TrainingProgress> = z
  .object({
    step: int64,
    totalSteps: int64,
    imagesSeen: int64,
    imagesPerSecond: z.number(),
    eta: z.object({ seconds: int64, nanos: z.int() }).optional(),
    dataWaitShare: z.number(),
    learningRate: z.number(),
    degradationProbability: z.number(),
    losses: figures,
    validation: ValidationSchema.optional(),
    best: ValidationSchema.optional(),
    skippedImages: int64,
  })
  // Messages have every field.
  .transform(({ eta, validation, best, ...figures }) => ({ ...figures, eta, validation, best }))

const RecordSchema: z.ZodType<TrainingRecord> = z.object({
  schema: z.literal(1),
  spec: z.object({
    id: z.string(),
    // Checked where they came from. Settings of other versions must not make their run unreadable.
    settings: z.custom<TrainingSettings>((value) => typeof value === 'object' && value !== null),
    baseVersion: z.string(),
    teacherVersion: z.string(),
    dataUri: z.string(),
    landmarksUri: z.string(),
    resultModel: z.string(),
  }),
  preset: z.string(),
  state: z.enum(JOB_STATES),
  progress: ProgressSchema.exactOptional(),
  error: JobErrorSchema.exactOptional(),
  lease: LeaseSchema.exactOptional(),
  cancelRequested: z.literal(true).exactOptional(),
  resultVersion: z.string().exactOptional(),
  checkpointStep: z.int().exactOptional(),
  createTime: z.number(),
  queueTime: z.number(),
  startTime: z.number().exactOptional(),
  endTime: z.number().exactOptional(),
})

/** @returns a record as the text that is stored */
export function encodeRecord(record: TrainingRecord): Uint8Array {
  const json = JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? Number(value) : value), 2)
  return Buffer.from(`${json}\n`)
}

/** @returns the record that was stored. @throws Error when it is none */
export function decodeRecord(body: Uint8Array): TrainingRecord {
  return RecordSchema.parse(JSON.parse(Buffer.from(body).toString()))
}
