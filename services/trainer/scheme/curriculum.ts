import type { Random } from '../../../libs/random/random.js'

/** How often a degraded picture takes the place of its full-resolution one as the training proceeds. */
export type Curriculum =
  /** From 0 at the first step to 1 at the last: the paper, section 5. */
  | { readonly kind: 'linear' }
  /** 0.1, and 0.1 more for every 35,000 images seen: the paper's published code. */
  | { readonly kind: 'stepped' }
  /** The same share throughout, in [0, 1]: no curriculum. */
  | { readonly kind: 'constant'; readonly share: number }

/** Which resolutions degraded pictures are brought down to. */
export type Resolutions =
  /** 2^e for an integer e uniform in lowest..highest: the paper, section 5, with 3..8. */
  | { readonly kind: 'exponents'; readonly lowest: number; readonly highest: number }
  /** Pixels lowest..highest, every octave as likely as any other: crossres. */
  | { readonly kind: 'log-uniform'; readonly lowest: number; readonly highest: number }

/** How far a training is. */
export interface Progress {
  /** Of the step to come, from 0. */
  readonly step: number
  readonly totalSteps: number
  /** Seen before this step. */
  readonly images: number
}

// Source of both: the paper's published training code.
const STEP_SHARE = 0.1
const STEP_IMAGES = 35_000

/** @returns the probability, in [0, 1], that an image of a step is degraded */
export function degradedShare(curriculum: Curriculum, { step, totalSteps, images }: Progress): number {
  switch (curriculum.kind) {
    case 'linear':
      return totalSteps > 1 ? Math.min(1, step / (totalSteps - 1)) : 0
    case 'stepped':
      // Multiplied once: 0.1 added ten times is not 1.
      return Math.min(1, STEP_SHARE * (1 + Math.floor(images / STEP_IMAGES)))
    case 'constant':
      return curriculum.share
  }
}

/** @returns a resolution of the shortest side, in whole pixels */
export function drawResolution(random: Random, { kind, lowest, highest }: Resolutions): number {
  if (kind === 'exponents') return 2 ** random.integer(lowest, highest)
  return Math.round(Math.exp(random.uniform(Math.log(lowest), Math.log(highest))))
}

/**
 * Decides what becomes of one image.
 * @param share see {@link degradedShare}
 * @returns the resolution of the shortest side to bring it down to, or undefined to leave it at full resolution
 */
export function drawDegradation(random: Random, share: number, resolutions: Resolutions): number | undefined {
  return random.uniform() < share ? drawResolution(random, resolutions) : undefined
}
