import { isAbsolute } from 'node:path'
import { DomainError } from '../../../libs/config/domain-error.js'

/** @param field its whole path @returns the error for a field that cannot be used */
export function invalid(field: string, problem: string, advice: string): DomainError {
  return new DomainError('FIELD_INVALID', `\`${field}\` cannot be used. ${problem}: ${advice}.`)
}

/** A scheme has two letters at least: one is a drive of Windows. */
const isUri = (uri: string) => /^[a-z][a-z0-9+.-]+:/i.test(uri) || /^datasets\/[^/]+\/?$/.test(uri)

/**
 * @param field for the error
 * @returns where a data set lies, as it is
 * @throws DomainError FIELD_MISSING, FIELD_INVALID
 */
export function checkData(uri: string, field: string): string {
  if (uri === '') throw new DomainError('FIELD_MISSING', `\`${field}\` is not set: say where the data set lies.`)
  if (isUri(uri) || isAbsolute(uri)) return uri
  throw invalid(field, 'The evaluator runs in a folder of its own', 'give an absolute path')
}
