import { DomainError } from '../config/domain-error.js'

/** @returns DomainError OBJECT_NOT_FOUND, in the words of every store */
export function objectNotFound(key: string): DomainError {
  return new DomainError('OBJECT_NOT_FOUND', `There is no object "${key}": check the key, or store it first.`, { key })
}

/**
 * @param etag what was found instead, where that is known; undefined for no object
 * @returns DomainError PRECONDITION_FAILED, in the words of every store
 */
export function preconditionFailed(key: string, found?: { readonly etag: string | undefined }): DomainError {
  const { etag } = found ?? {}
  const shown = found && (etag === undefined ? ' (it is not there)' : ` (its etag is ${etag})`)
  return new DomainError(
    'PRECONDITION_FAILED',
    `"${key}" was changed by somebody else${shown ?? ''}: read it and try again.`,
    { key, etag: etag ?? '' },
  )
}
