/** Pieces of work of which one is being done while what comes of the one before is taken. */
export interface Line {
  /**
   * Waits for what was added before, and takes it.
   * @param work that has been started
   * @param take called once it is done
   */
  add(work: Promise<unknown>, take?: () => void): Promise<void>
  /** Likewise of what was added last. */
  end(): Promise<void>
}

export function createLine(): Line {
  let last: { readonly work: Promise<unknown>; take(): void } | undefined
  const end = async () => {
    const before = last
    last = undefined
    await before?.work
    before?.take()
  }
  return {
    async add(work, take = () => {}) {
      // Its failure is told when it is waited for; never, where the work before has failed.
      work.catch(() => undefined)
      const ended = end()
      last = { work, take }
      await ended
    },
    end,
  }
}

/** Two of a kind that take turns: one for the work being done, one for that which is taken. */
export function inTurn<T>(make: () => T): () => T {
  let [next, other] = [make(), make()]
  return () => {
    ;[next, other] = [other, next]
    return other
  }
}
