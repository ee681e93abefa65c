import { z } from 'zod'
import type { EvaluationProgress, MetricValue } from '../../../gen/crossres/v1/evaluator.js'
import { JOB_STATES, type Job, JobErrorSchema, LeaseSchema } from '../../../libs/jobs/job.js'
import type { EvaluationSpec } from '../evaluation/evaluation-spec.js'

/** What a queued evaluation measures, all names resolved. */
export interface EvaluationJobSpec extends EvaluationSpec {
  /** Last segment of `evaluations/{evaluation}`. */
  readonly id: string
  /** Makes it a calibration on the folder, with the bands as resolutions. */
  readonly calibration?: {
    /** See CalibrationSpec. */
    readonly checkShare: number
  }
  /** Whether the page shows faces of the data set; absent: not. */
  readonly thumbnails?: boolean
}

/** An evaluation as it is kept, under `evaluations/{id}/evaluation.json`. */
export interface EvaluationRecord extends Job<EvaluationProgress> {
  readonly schema: 1
  readonly spec: EvaluationJobSpec
  readonly metrics?: readonly MetricValue[]
  /** Why there is no page, though there are figures. */
  readonly warning?: string
}

// JSON has no 64-bit integers; none of these comes near 2^53.
const int64 = z.int().transform(BigInt)

const ProgressSchema: z.ZodType<EvaluationProgress> = z
  .object({
    phase: z.string(),
    done: int64,
    total: int64,
    eta: z.object({ seconds: int64, nanos: z.int() }).optional(),
    failedExtractions: int64,
    warning: z.string().default(''),
  })
  // Messages have every field.
  .transform(({ eta, ...rest }) => ({ ...rest, eta }))

const MetricSchema: z.ZodType<MetricValue> = z.object({
  metric: z.string(),
  parameter: z.number(),
  modelVersion: z.string(),
  probeResolution: z.int(),
  galleryResolution: z.int(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  count: int64,
  protocol: z.string(),
})

const SpecSchema = z.object({
  id: z.string(),
  protocol: z.string(),
  folder: z.string(),
  models: z.array(z.string()),
  resolutions: z.array(z.int()),
  side: z.enum(['probe', 'gallery', 'both', 'matrix']),
  faces: z.enum(['largest', 'whole']),
  routing: z.boolean(),
  seed: z.int(),
  replicates: z.int(),
  subjects: z.array(z.string()).exactOptional(),
  heldOut: z.number().exactOptional(),
  enhance: z
    .object({
      model: z.string(),
      range: z.union([z.literal(1), z.literal(255)]),
      below: z.int().exactOptional(),
    })
    .exactOptional(),
  thumbnails: z.boolean().exactOptional(),
  calibration: z.object({ checkShare: z.number() }).exactOptional(),
})

const RecordSchema: z.ZodType<EvaluationRecord> = z.object({
  schema: z.literal(1),
  spec: SpecSchema,
  state: z.enum(JOB_STATES),
  progress: ProgressSchema.exactOptional(),
  error: JobErrorSchema.exactOptional(),
  lease: LeaseSchema.exactOptional(),
  cancelRequested: z.literal(true).exactOptional(),
  metrics: z.array(MetricSchema).exactOptional(),
  warning: z.string().exactOptional(),
  createTime: z.number(),
  queueTime: z.number(),
  startTime: z.number().exactOptional(),
  endTime: z.number().exactOptional(),
})

/** @returns a record as the text that is stored */
export function encodeRecord(record: EvaluationRecord): Uint8Array {
  const json = JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? Number(value) : value), 2)
  return Buffer.from(`${json}\n`)
}

/** @returns the record that was stored. @throws Error when it is none */
export function decodeRecord(body: Uint8Array): EvaluationRecord {
  return RecordSchema.parse(JSON.parse(Buffer.from(body).toString()))
}
