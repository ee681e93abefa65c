import { createHash } from 'node:crypto'
import type { FaceItem } from './face-item.js'

/** The two parts of a dataset, each in the order of the dataset. */
export interface DatasetSplit {
  readonly training: readonly FaceItem[]
  readonly validation: readonly FaceItem[]
}

/**
 * Holds out **identities** for validation: no subject is in both parts. Unlabelled faces are held out one by one, by a hash of their
 * path, so the same face under two names may come into both. Which ones depends on the seed and their names alone, not on the order
 * of the items.
 *
 * @param share 0..1 of the subjects, and of the unlabelled faces, that is held out; of two or more at least one is held out and one stays,
 * unless the share is 0
 * @param seed any integer
 */
export function splitDataset(
  items: readonly FaceItem[],
  { share, seed }: { share: number; seed: number },
): DatasetSplit {
  const subjects = new Set(items.flatMap(({ subject }) => subject ?? []))
  const unlabelled = items.filter(({ subject }) => subject === null).map(({ path }) => path)
  const heldSubjects = heldOut([...subjects], share, `${seed}/subject`)
  const heldPaths = heldOut(unlabelled, share, `${seed}/path`)
  const isHeld = ({ subject, path }: FaceItem) => (subject === null ? heldPaths.has(path) : heldSubjects.has(subject))
  return { training: items.filter((item) => !isHeld(item)), validation: items.filter(isHeld) }
}

/** The names whose salted hashes come first. */
function heldOut(names: readonly string[], share: number, salt: string): Set<string> {
  if (share <= 0 || names.length < 2) return new Set()
  const count = Math.min(names.length - 1, Math.max(1, Math.round(share * names.length)))
  const ranked = names
    .map((name) => ({ name, rank: createHash('sha256').update(`${salt}/${name}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
  return new Set(ranked.slice(0, count).map(({ name }) => name))
}
