import { DomainError } from '../config/domain-error.js'

/** @returns the error of a dead letter that is not, or no longer, there */
export function deadLetterNotFound(id: string): DomainError {
  return new DomainError(
    'DEAD_LETTER_NOT_FOUND',
    `There is no dead letter ${id}: it was replayed, discarded or has expired. \`crossres events dead\` lists those there are.`,
    { deadLetter: id },
  )
}
