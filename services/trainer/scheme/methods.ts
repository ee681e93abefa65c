/** The ways to train: the paper's, its ablations and crossres' own. */
export const METHODS = ['t-c', 'nt-nc', 't', 'c', 'scratch', 'head-only', 'crossres'] as const

/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number]

/** What sets a method apart; everything else is one and the same loop. */
export interface MethodTraits {
  /** Whether a frozen teacher's features draw the student. */
  readonly teacher: boolean
  /** Whether degraded images come more often as the training proceeds. */
  readonly curriculum: boolean
  /** Whether the images' subjects, and a head that tells them apart, are part of the loss. */
  readonly labels: boolean
  /** Where the student's weights come from. */
  readonly start: 'base' | 'random'
  /** What learns: the network and its head, or the head alone. */
  readonly learns: 'all' | 'head'
}

const FINE_TUNING = { teacher: false, curriculum: false, labels: true, start: 'base', learns: 'all' } as const

/**
 * Source: Massoli, Amato, Falchi (2020), section 5, which reports all but the last: training from scratch, the last layer alone,
 * the whole network, and teacher and curriculum on top.
 */
export const TRAITS: Readonly<Record<Method, MethodTraits>> = {
  't-c': { ...FINE_TUNING, teacher: true, curriculum: true },
  'nt-nc': FINE_TUNING,
  t: { ...FINE_TUNING, teacher: true },
  c: { ...FINE_TUNING, curriculum: true },
  scratch: { ...FINE_TUNING, start: 'random' },
  'head-only': { ...FINE_TUNING, learns: 'head' },
  // Distillation alone: most users have faces without names.
  crossres: { ...FINE_TUNING, teacher: true, labels: false },
}
