import { openDataset } from './dataset.js'
import { splitDataset } from './split-dataset.js'

/** Which part of a dataset is held out. */
export interface HeldOut {
  /** In (0, 1) of the subjects: a training's `validation_share`. */
  readonly share: number
  /** Any integer: a training's `seed`. */
  readonly seed: number
}

/**
 * Names the subjects that a training on the folder with this share and seed holds out for validation: those that its model has never seen.
 * @param folder of subject folders, as the training read it; one with a landmarks file of its own elsewhere may have left subjects out
 * @returns in the order of the dataset; none where nobody has named the faces
 * @throws DomainError those of openDataset
 */
export async function heldOutSubjects(folder: string, heldOut: HeldOut): Promise<string[]> {
  const { items } = await openDataset({ folder })
  const { validation } = splitDataset(items, heldOut)
  return [...new Set(validation.flatMap(({ subject }) => subject ?? []))]
}
