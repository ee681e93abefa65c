import { PLAIN_VIEW } from '../../../libs/dataset/augment.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { createBatchLoader } from '../../../libs/dataset/loader/loader.js'
import { pixelTensor } from '../../../libs/dataset/loader/pixels.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { ModelCard } from '../../../libs/models/model-card.js'
import type { Executor } from '../../../libs/onnx/executor/executor.js'
import { featuresOf } from '../run/features.js'
import { verificationTar } from './verification.js'

/** The resolution, in pixels, that a student is validated at beside full resolution: the paper, section 5. */
export const VALIDATION_PIXELS = 24

/** Figures on held-out subjects. */
export interface Validation {
  /** TAR at FAR 1e-2 with a gallery at full resolution, by the probe's: "24" and "full". */
  readonly tar: Readonly<Record<string, number>>
  /** Their mean, which picks the best checkpoint: robustness counts as much as what must not be forgotten. */
  readonly score: number
}

/** What a validation works with. */
export interface ValidatorDeps {
  readonly tf: TensorFlow
  readonly folder: string
  readonly items: readonly FaceItem[]
  readonly card: ModelCard
  readonly threads: number
  /** Images that go through the network at once. */
  readonly batch: number
}

/**
 * Measures a student on held-out faces; null where there are fewer than two of them that can be read.
 * Faces without names are compared with their own mirror image.
 */
export async function validate(deps: ValidatorDeps, student: Executor): Promise<Validation | null> {
  const { tf, folder, card, threads, batch } = deps
  const loader = createBatchLoader({ folder, preparation: card, threads })
  const gallery: Float32Array[] = []
  const probes: Float32Array[] = []
  const small: Float32Array[] = []
  const shown: FaceItem[] = []
  // A face without a name is shown mirrored as a probe; where all have names, the gallery's features are the probes' as well.
  const mirrors = deps.items.some(({ subject }) => subject === null)
  try {
    const draws = deps.items.map((item) => {
      const probe = { ...PLAIN_VIEW, flip: item.subject === null }
      const views = [{ ...probe, resolution: VALIDATION_PIXELS }, PLAIN_VIEW, ...(mirrors ? [probe] : [])]
      return { item, views }
    })
    const views = mirrors ? 3 : 2
    for await (const { draws: read, pixels } of loader.batches(draws, { size: batch, views, prefetch: 2 })) {
      if (read.length === 0) continue
      const features = pixels.map((view) => featuresOf(tf, student, pixelTensor(view, card.input)))
      small.push(features[0] as Float32Array)
      gallery.push(features[1] as Float32Array)
      probes.push(features.at(-1) as Float32Array)
      shown.push(...read.map(({ item }) => item))
    }
  } finally {
    await loader.close()
  }
  if (shown.length < 2) return null
  const rate = (probe: Float32Array[]) =>
    verificationTar({ gallery: concat(gallery), probes: concat(probe), dimension: card.dimension, faces: shown })
  const tar = { [VALIDATION_PIXELS]: rate(small), full: rate(probes) }
  return { tar, score: (tar[VALIDATION_PIXELS] + tar.full) / 2 }
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
