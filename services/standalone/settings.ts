import { availableParallelism } from 'node:os'
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../libs/rpc/serve.js'
import type { DownsamplerSettings } from '../downsampler/create-downsampler.js'
import type { EmbedderSettings } from '../embedder/create-embedder.js'

/** Settings of all services of one process. */
export interface Settings extends EmbedderSettings, DownsamplerSettings {
  /** Largest request in bytes. */
  readonly maxMessageBytes: number
}

/** @returns settings fit for this machine */
export function defaultSettings(): Settings {
  const cores = availableParallelism()
  return {
    defaultModel: 'base',
    threads: cores,
    maxBatchSize: 16,
    maxQueueDelayMs: 2,
    maxQueueSize: 1_024,
    maxCalls: 512,
    maxHeldBytes: 256 * 1024 * 1024,
    maxDecoding: Math.max(4, cores * 2),
    maxPixels: 50_000_000,
    maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  }
}
