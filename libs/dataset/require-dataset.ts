import { readdir } from 'node:fs/promises'
import { DomainError } from '../config/domain-error.js'

/**
 * Tells a missing picture from a missing dataset: an unmounted disk leaves an empty folder behind, and a removed dataset may leave its
 * landmarks file.
 * @param nothingFound whether none of several pictures was there
 * @throws DomainError DATASET_VANISHED
 */
export async function requireDataset(folder: string, nothingFound: boolean): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  if (names.length > 0 && !nothingFound) return
  throw new DomainError(
    'DATASET_VANISHED',
    `The pictures in ${folder} are no longer there: bring the folder back, then resume.`,
    { folder },
  )
}
