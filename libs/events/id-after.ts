import { createHash } from 'node:crypto'

/**
 * Ids of what follows from something that happened: the same at every delivery, so that doing it again is doing it once.
 * @param id of the event before, or what else tells it from all others
 * @returns 32 hex digits, fit for keys and request ids
 */
export function idAfter(id: string, what: string): string {
  return createHash('sha256').update(`${what}\n${id}`).digest('hex').slice(0, 32)
}
