import { setTimeout as sleep } from 'node:timers/promises'
import type { BusEvent } from '../event-bus.js'

/** @returns an event of a test; its data are its id */
export function testEvent(id: string, type = 'crossres.v1.test.happened'): BusEvent {
  return { type, id, subject: 'galleries/g/subjects/s', time: new Date(1_000), data: Buffer.from(id) }
}

/** Waits until something is true; fails by the test's own time limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5)
}
