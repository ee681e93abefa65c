import { z } from 'zod'
import { DomainError } from '../config/domain-error.js'
import type { VectorsDescription } from './open-search.js'

const ADDRESS = /^https?:\/\/[^/\s]+$/

/** How galleries are searched, by environment variable. */
export const VECTOR_SETTINGS = {
  CROSSRES_VECTORS: z.enum(['exact', 'hnsw', 'milvus']).default('exact'),
  CROSSRES_MILVUS_ADDRESS: z.string().regex(ADDRESS, 'expected http://HOST:PORT or https://HOST:PORT').optional(),
  CROSSRES_MILVUS_TOKEN: z.string().default(''),
}

/**
 * @returns the search that the settings describe
 * @throws DomainError ENVIRONMENT_INVALID where a server is wanted but not named
 */
export function vectorsOf(settings: z.infer<z.ZodObject<typeof VECTOR_SETTINGS>>): VectorsDescription {
  const { CROSSRES_VECTORS: kind, CROSSRES_MILVUS_ADDRESS: address, CROSSRES_MILVUS_TOKEN: token } = settings
  if (kind !== 'milvus') return { kind }
  if (address === undefined) {
    throw new DomainError(
      'ENVIRONMENT_INVALID',
      'The environment cannot be used. CROSSRES_VECTORS is milvus: set CROSSRES_MILVUS_ADDRESS to http://HOST:PORT as well.',
    )
  }
  return { kind, address, token }
}
