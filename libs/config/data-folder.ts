import envPaths from 'env-paths'

const paths = envPaths('crossres', { suffix: '' })

/** @returns the folder that holds all state: CROSSRES_DATA, or the place for data in the user's home */
export function dataFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env.CROSSRES_DATA || paths.data
}

/** @returns the folder for what can be made again: CROSSRES_CACHE, or the place for caches in the user's home */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env.CROSSRES_CACHE || paths.cache
}
