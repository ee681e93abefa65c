import { openDataset } from '../../../libs/dataset/dataset.js'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import { type LocateDeps, locateDataset, locateLandmarks } from '../../../libs/dataset/locate-dataset.js'
import { splitDataset } from '../../../libs/dataset/split-dataset.js'
import type { TrainingSettings } from '../scheme/config.js'
import { TRAITS } from '../scheme/methods.js'
import type { RunSpec } from './run-types.js'

/** The faces of a run. */
export interface RunData {
  readonly folder: string
  readonly training: readonly FaceItem[]
  /** Of subjects that are not in `training`. */
  readonly validation: readonly FaceItem[]
  /** The subjects of `training`, in order; a subject's place is its label. Empty where nobody has named the faces. */
  readonly subjects: readonly string[]
  /** See FaceDataset. */
  readonly fingerprint: string
}

/**
 * Finds the faces of a run, out of the object store where they lie there, and holds subjects out for validation.
 * @throws DomainError DATASET_NOT_FOUND, DATASET_INCOMPLETE, DATASET_EMPTY, URI_UNSUPPORTED, LANDMARKS_FILE_INVALID, SHARD_CORRUPT
 */
export async function openRunData(
  deps: LocateDeps,
  { dataUri, landmarksUri, settings }: Pick<RunSpec, 'dataUri' | 'landmarksUri' | 'settings'>,
): Promise<RunData> {
  const folder = await locateDataset(deps, dataUri)
  const landmarks = landmarksUri ? { landmarksFile: await locateLandmarks(deps, landmarksUri) } : {}
  const { items, fingerprint } = await openDataset({ folder, ...landmarks })
  const split = splitDataset(items, { share: settings.validationShare, seed: settings.seed })
  const { validation } = split
  // A method that tells subjects apart has nothing to learn from a face without a name.
  const training = TRAITS[settings.method].labels ? split.training.filter(({ subject }) => subject) : split.training
  const subjects = [...new Set(training.flatMap(({ subject }) => subject ?? []))].sort()
  return { folder, training, validation: spread(validation, settings), subjects, fingerprint }
}

/** Every n-th, so that as many subjects as possible stay. */
function spread(items: readonly FaceItem[], { validationImages }: TrainingSettings): FaceItem[] {
  const every = Math.max(1, items.length / validationImages)
  return Array.from(
    { length: Math.min(items.length, validationImages) },
    (_, i) => items[Math.floor(i * every)] as FaceItem,
  )
}
