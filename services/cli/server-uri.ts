import { resolve } from 'node:path'

/** @returns a path or uri as a server on this machine reads it: it may have been started in another folder */
export const serverUri = (path: string) => (/^(object|s3):/i.test(path) ? path : resolve(path))
