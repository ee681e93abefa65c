/** Runs tasks of the same key one after the other, and of different keys side by side. */
export type KeyedMutex = <R>(key: string, task: () => Promise<R>) => Promise<R>

/** @returns a mutex that remembers only the keys at work */
export function keyedMutex(): KeyedMutex {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const result = (tails.get(key) ?? Promise.resolve()).then(task)
    const tail = result.catch(() => {})
    tails.set(key, tail)
    try {
      return await result
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
}
