/** A value held together with others. */
export interface Hold<T> {
  readonly key: string
  readonly value: T
  /** One more hold of the value; only while this one is not released. */
  share(): Hold<T>
  /** Lets go; the value is closed with its last hold. Letting go twice is once. */
  release(): void
}

/** Values that are opened for their first holder and closed after their last. */
export interface Holds<T> {
  /** Opens the value of a key, or waits for the one being opened; a failure is forgotten, so the next holder tries again. */
  hold(key: string, open: () => Promise<T>): Promise<Hold<T>>
  /** Closes every value, held or not, and waits for those being closed. */
  close(): Promise<void>
}

interface Entry<T> {
  readonly key: string
  readonly opening: Promise<T>
  holders: number
}

/** @param close frees a value; called once for each that was opened */
export function createHolds<T>(close: (value: T) => Promise<void>): Holds<T> {
  const open = new Map<string, Entry<T>>()
  const closing = new Set<Promise<void>>()

  const forget = (entry: Entry<T>): boolean => open.get(entry.key) === entry && open.delete(entry.key)

  const end = (entry: Entry<T>) => {
    if (!forget(entry)) return
    const ending = entry.opening.then(close, () => {}).finally(() => closing.delete(ending))
    closing.add(ending)
  }

  const holdOf = (entry: Entry<T>, value: T): Hold<T> => {
    entry.holders += 1
    let held = true
    return {
      key: entry.key,
      value,
      share: () => holdOf(entry, value),
      release() {
        if (!held) return
        held = false
        entry.holders -= 1
        if (entry.holders === 0) end(entry)
      },
    }
  }

  return {
    async hold(key, make) {
      const entry = open.get(key) ?? { key, opening: make(), holders: 0 }
      open.set(key, entry)
      // Those who wait are holders too: the first to let go must not close it before the others have it.
      entry.holders += 1
      try {
        return holdOf(entry, await entry.opening)
      } catch (error) {
        forget(entry)
        throw error
      } finally {
        entry.holders -= 1
      }
    },
    async close() {
      for (const entry of open.values()) end(entry)
      await Promise.all(closing)
    },
  }
}
