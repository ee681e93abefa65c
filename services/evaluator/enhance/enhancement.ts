import type { Enhancer, PixelRange } from './enhancer.js'

/** What is to be done to probes before they are brought to the embedding network's input. */
export interface EnhancementSpec {
  /** `esrgan-slim` (4 times), `esrgan-slim-x2`, `-x3`, `-x4`, `-x8`, `object:KEY`, or the path of an ONNX file. */
  readonly model: string
  /** Pixel values of an ONNX file. */
  readonly range: PixelRange
  /** Probes of a face resolution below this are enhanced, whether they were degraded or are so small; absent: all degraded ones. */
  readonly below?: number
}

/** Enhancement as it takes part in an evaluation. */
export interface Enhancement {
  readonly enhancer: Enhancer
  /** See EnhancementSpec. */
  readonly below?: number
}

/** What a result says of it. */
export interface EnhancerRun {
  readonly model: string
  /** SHA-256 in hex, see Enhancer. */
  readonly digest: string
  readonly scale: number
  /** null: all degraded probes. */
  readonly below: number | null
}

/** @returns what a result says of it */
export const enhancerRun = ({ enhancer: { name, digest, scale }, below }: Enhancement): EnhancerRun => ({
  model: name,
  digest,
  scale,
  below: below ?? null,
})

/** @param resolution that probes are degraded to; 0: not at all @returns whether some of them may be enhanced */
export const enhancesAt = ({ below }: Enhancement, resolution: number): boolean => below !== undefined || resolution > 0
