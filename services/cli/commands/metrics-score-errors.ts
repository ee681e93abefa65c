import { DomainError } from '../../../libs/config/domain-error.js'

/** @param place the file, and where in it */
export function scoresInvalid(place: string, problem: string, cause?: unknown): DomainError {
  return new DomainError('SCORES_FILE_INVALID', `${place}: ${problem}.`, {}, cause)
}

/** @param lacking e.g. `no search` */
export function scoresEmpty(file: string, lacking: string): DomainError {
  return new DomainError('SCORES_FILE_EMPTY', `${file} holds ${lacking}.`)
}

/** @throws DomainError where columns are not there */
export function requireColumns(file: string, wanted: readonly string[], found: readonly string[]): void {
  const missing = wanted.filter((name) => !found.includes(name))
  if (missing.length === 0) return
  const columns = `column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`
  throw scoresInvalid(file, `no ${columns}; expected ${wanted.join(', ')}, found ${found.join(', ') || 'none'}`)
}
