import { isIP } from 'node:net'
import { DomainError } from '../config/domain-error.js'

/** @returns whether only this machine reaches a host name or address */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  if (bare === 'localhost' || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}

/**
 * Refuses to serve faces to a network in plain text and to anybody, unless that was asked for in so many words.
 * @param insecure whether it was asked for
 * @returns whether to warn: the address is open and it was asked for
 * @throws DomainError ADDRESS_INSECURE
 */
export function checkBinding(host: string, insecure: boolean): boolean {
  if (isLoopback(host)) return false
  if (insecure) return true
  throw new DomainError(
    'ADDRESS_INSECURE',
    `${host} can be reached from other machines, and this version has neither TLS nor tokens: serve on 127.0.0.1, or say --insecure (CROSSRES_INSECURE=true) inside a network that you trust.`,
    { host },
  )
}
