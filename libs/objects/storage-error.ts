import { DomainError } from '../config/domain-error.js'

/** @returns the code of a system error, e.g. `ENOENT`; empty for other errors */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code ?? ''
}

/** @returns whether an error says that a path leads nowhere */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error))
}

/**
 * Throws an error again, in the caller's words where the disk is full.
 * @throws DomainError STORAGE_FULL for ENOSPC and EDQUOT; other errors as they are
 */
export function storageError(error: unknown): never {
  if (!['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw error
  throw new DomainError(
    'STORAGE_FULL',
    'The disk of the object store is full: nothing was changed. Free some space or move the data folder, then try again.',
    {},
    error,
  )
}
