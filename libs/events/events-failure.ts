import { DomainError } from '../config/domain-error.js'
import { kindOfFailure } from './nats-link.js'

/**
 * @param servers addresses, named without their credentials
 * @returns the error of the domain for one of the link
 */
export function eventsFailure(error: unknown, servers: readonly string[]): DomainError {
  if (error instanceof DomainError) return error
  const where = servers.map((server) => new URL(server).host).join(', ')
  const said = error instanceof Error ? error.message : String(error)
  const metadata = { servers: where }
  switch (kindOfFailure(error)) {
    case 'denied':
      return new DomainError(
        'EVENTS_DENIED',
        `The event server ${where} refuses the connection (${said}): put user and password, or a token, into its address.`,
        metadata,
        error,
      )
    case 'full':
      return new DomainError(
        'EVENTS_FULL',
        `The event server ${where} has no room (${said}): see whether a consumer is behind, or give it a larger disk.`,
        metadata,
        error,
      )
    case 'too-large':
      return new DomainError(
        'EVENT_TOO_LARGE',
        `The event server ${where} takes no event as large as this (${said}): put the data into the object store and name it in the event.`,
        metadata,
        error,
      )
    case 'unavailable':
      return new DomainError(
        'EVENTS_UNAVAILABLE',
        `The event server ${where} does not answer (${said}): check that it runs, with JetStream (nats-server -js), and that it can be reached.`,
        metadata,
        error,
      )
  }
}
