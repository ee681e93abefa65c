import { randomBytes } from 'node:crypto'

/** @returns an id that is sortable by time, and unlike any other */
export function newJobId(now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${time}-${randomBytes(3).toString('hex')}`
}
