import { z } from 'zod'
import { DomainError } from '../config/domain-error.js'
import type { StoreDescription } from './open-object-store.js'

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/

const endpoint = z
  .string()
  .refine(isEndpoint, 'expected http://HOST:PORT or https://HOST:PORT')
  .transform((text) => text.replace(/\/$/, ''))
  .optional()

/** Where objects are, by environment variable. */
export const STORE_SETTINGS = {
  CROSSRES_OBJECTS: z.string().regex(BUCKET, 'expected s3://BUCKET').optional(),
  CROSSRES_S3_ENDPOINT: endpoint,
  CROSSRES_S3_PUBLIC_ENDPOINT: endpoint,
  CROSSRES_S3_REGION: z.string().default('us-east-1'),
  CROSSRES_S3_ACCESS_KEY: z.string().optional(),
  CROSSRES_S3_SECRET_KEY: z.string().optional(),
}

/**
 * @param folder the store where no bucket is named
 * @returns the store that the settings describe
 * @throws DomainError ENVIRONMENT_INVALID where a bucket is named but not how to reach it
 */
export function storeOf(settings: z.infer<z.ZodObject<typeof STORE_SETTINGS>>, folder: string): StoreDescription {
  const {
    CROSSRES_OBJECTS: uri,
    CROSSRES_S3_ENDPOINT: endpoint,
    CROSSRES_S3_PUBLIC_ENDPOINT: publicEndpoint,
    CROSSRES_S3_REGION: region,
    CROSSRES_S3_ACCESS_KEY: accessKey,
    CROSSRES_S3_SECRET_KEY: secretKey,
  } = settings
  const bucket = BUCKET.exec(uri ?? '')?.[1]
  if (bucket === undefined) return { kind: 'folder', folder }
  if (endpoint === undefined || accessKey === undefined || secretKey === undefined) {
    throw new DomainError(
      'ENVIRONMENT_INVALID',
      `The environment cannot be used. CROSSRES_OBJECTS is s3://${bucket}: set CROSSRES_S3_ENDPOINT, CROSSRES_S3_ACCESS_KEY and CROSSRES_S3_SECRET_KEY as well.`,
    )
  }
  const links = publicEndpoint === undefined ? {} : { publicEndpoint }
  return { kind: 's3', endpoint, ...links, region, accessKey, secretKey, bucket }
}

function isEndpoint(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false
  const { pathname, search, username } = new URL(text)
  return pathname === '/' && search === '' && username === ''
}
