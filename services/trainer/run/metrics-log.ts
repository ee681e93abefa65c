import { DomainError } from '../../../libs/config/domain-error.js'
import type { ObjectStore } from '../../../libs/objects/object-store.js'
import type { Validation } from '../validation/validate.js'

/** One line of a training's metrics: what its page draws. */
export type MetricsLine =
  | {
      readonly step: number
      readonly images: number
      readonly rate: number
      /** Of degraded images, 0..1. */
      readonly share: number
      readonly losses: Readonly<Record<string, number>>
      readonly imagesPerSecond: number
      readonly dataWaitShare: number
    }
  | { readonly step: number; readonly validation: Validation & { readonly best: boolean } }

/** A training's metrics as JSON Lines, `trainings/{id}/metrics.jsonl`. */
export interface MetricsLog {
  add(line: MetricsLine): void
  /** Writes all lines; to be called before the checkpoint that they lead to. */
  store(): Promise<void>
}

/**
 * The metrics of a training so far.
 * @param step lines of later steps are dropped: the training goes on from here and writes them anew
 */
export async function openMetricsLog(objects: ObjectStore, id: string, step: number): Promise<MetricsLog> {
  const key = `trainings/${id}/metrics.jsonl`
  const lines = (await readMetrics(objects, id)).filter((line) => line.step <= step)
  return {
    add: (line) => void lines.push(line),
    async store() {
      await objects.put(key, Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
    },
  }
}

/** @returns the lines of a training, none where it has written none yet */
export async function readMetrics(objects: ObjectStore, id: string): Promise<MetricsLine[]> {
  const found = await objects.get(`trainings/${id}/metrics.jsonl`).catch((error: unknown) => {
    if (error instanceof DomainError && error.reason === 'OBJECT_NOT_FOUND') return undefined
    throw error
  })
  const text = Buffer.from(found?.body ?? []).toString()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MetricsLine)
}
