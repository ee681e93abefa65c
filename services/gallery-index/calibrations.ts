import type { GetModelRequest, GetModelResponse } from '../../gen/crossres/v1/embedder.js'
import { fromCalibrationMessage } from '../../libs/calibration/calibration-message.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { failureOf } from '../../libs/rpc/rpc-error.js'

/** Asks an Embedder for a model, in this process or over gRPC. */
export type GetModel = (request: Pick<GetModelRequest, 'name'>) => Promise<GetModelResponse>

/**
 * @param modelVersion that made the embeddings, `models/{model}/versions/{version}`
 * @returns undefined where its card has no calibration, or nobody here knows it
 */
export type FindCalibration = (modelVersion: string) => Promise<Calibration | undefined>

/** What looking calibrations up works with. */
export interface CalibrationsDeps {
  readonly getModel: GetModel
  /** Milliseconds after which a card is looked at again: a version stays what it is, and may yet be calibrated anew. */
  readonly ttlMs?: number
  /** Milliseconds; default: those of the process. */
  readonly now?: () => number
}

const TTL_MS = 5_000
/** Versions remembered. Embeddings name theirs as they like. */
const MOST = 64

interface Entry {
  readonly until: number
  readonly found: Promise<Calibration | undefined>
}

/** @returns a lookup that asks once for many callers; a promotion needs no notice, for versions are asked for and not names */
export function createCalibrations(deps: CalibrationsDeps): FindCalibration {
  const { getModel, ttlMs = TTL_MS, now = () => performance.now() } = deps
  const entries = new Map<string, Entry>()

  const look = async (name: string): Promise<Calibration | undefined> => {
    try {
      const { scoreCalibration } = await getModel({ name })
      return scoreCalibration && fromCalibrationMessage(scoreCalibration)
    } catch (error) {
      if (UNKNOWN.has(failureOf(error).reason)) return undefined
      throw error
    }
  }

  return (modelVersion) => {
    const known = entries.get(modelVersion)
    if (known && known.until > now()) return known.found
    // An embedder that does not answer just now is no reason to forget what it said before.
    const found = look(modelVersion).catch((error: unknown) => {
      if (entries.get(modelVersion)?.found === found) {
        if (known) entries.set(modelVersion, { until: now() + ttlMs, found: known.found })
        else entries.delete(modelVersion)
      }
      if (known) return known.found
      throw error
    })
    entries.delete(modelVersion)
    entries.set(modelVersion, { until: now() + ttlMs, found })
    const [oldest] = entries.keys()
    if (entries.size > MOST && oldest !== undefined) entries.delete(oldest)
    return found
  }
}

/** Reasons for a version to be no model of this server's: embeddings may come from elsewhere. */
const UNKNOWN = new Set(['MODEL_NOT_FOUND', 'MODEL_NAME_INVALID'])
