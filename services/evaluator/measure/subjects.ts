import type { Template } from '../../../libs/protocols/protocol.js'

/** Subjects as numbers. */
export interface SubjectNumbers {
  /** For each template its subject, numbered from 0; one whom nobody has named counts as a subject of its own. */
  readonly of: Uint32Array
  readonly count: number
}

/** @returns the templates' subjects, numbered in the order they come */
export function numberSubjects(templates: readonly Pick<Template, 'subject'>[]): SubjectNumbers {
  const numbers = new Map<string, number>()
  let count = 0
  const of = Uint32Array.from(templates, ({ subject }) => {
    const known = subject === null ? undefined : numbers.get(subject)
    if (known !== undefined) return known
    if (subject !== null) numbers.set(subject, count)
    return count++
  })
  return { of, count }
}
