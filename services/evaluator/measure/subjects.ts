/** Numbers subjects in the order that they come up. */
export interface SubjectNumbers {
  /**
   * @param template whose subject it is
   * @param subject null: one whom nobody has named, who counts as a subject of their own
   * @returns from 0
   */
  of(template: string, subject: string | null): number
  /** Of the subjects so far. */
  readonly count: number
}

/**
 * @returns numbers for the subjects of an experiment. Scores are numbered in the order of comparisons, when they are made and when they
 * are read from a file alike: so bootstraps draw the same subjects
 */
export function createSubjectNumbers(): SubjectNumbers {
  const named = new Map<string, number>()
  const nameless = new Map<string, number>()
  let count = 0
  return {
    of(template, subject) {
      const [numbers, name] = subject === null ? [nameless, template] : [named, subject]
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, count)
      return count++
    },
    get count() {
      return count
    },
  }
}
