import { DomainError } from '../config/domain-error.js'

/**
 * Stands for a method that this version declares but does not serve.
 * @param advice says so, and what to use instead
 * @throws DomainError METHOD_UNIMPLEMENTED always
 */
export function unimplemented(advice: string): never {
  throw new DomainError('METHOD_UNIMPLEMENTED', advice)
}
