/** A value that is made at its first use. */
export interface Once<T> {
  /** Makes the value, or waits for the one that is being made; a failure is forgotten, so the next call tries again. */
  get(): Promise<T>
  /** The value if it was made, or is being made; does not make one. */
  made(): Promise<T | undefined>
}

/** @returns a value that `make` makes when it is first asked for */
export function once<T>(make: () => Promise<T>): Once<T> {
  let making: Promise<T> | undefined
  return {
    get() {
      making ??= make().catch((error: unknown) => {
        making = undefined
        throw error
      })
      return making
    },
    made: async () => making?.catch(() => undefined),
  }
}
