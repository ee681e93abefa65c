import { createFolderObjectStore } from './folder.js'
import type { ObjectStore } from './object-store.js'
import type { S3Bucket } from './s3-connection.js'

/** Which object store: fit for JSON, so that it can be told to another process. That of a bucket holds a secret: it must not be logged. */
export type StoreDescription =
  | { readonly kind: 'folder'; readonly folder: string }
  | ({ readonly kind: 's3' } & S3Bucket)

/** How long the process of a job waits for a store that does not answer; no caller is waiting for it. */
const JOB_PATIENCE_MS = 120_000

/**
 * Opens a store: for the process that owns it, or as a guest beside it. They see each other's objects. In a folder, conditional writes of
 * one key must not come from both at the same moment; in a bucket they may.
 * @param guest what the process of a job is called there, unlike any other guest: what an earlier one of that name left half-written is
 *   removed; a server that is away for a minute does not end it
 * @throws DomainError STORAGE_FULL of a folder; a bucket is asked for at the first call only
 */
export async function openObjectStore(description: StoreDescription, guest?: string): Promise<ObjectStore> {
  if (description.kind === 'folder') {
    return createFolderObjectStore({ folder: description.folder, ...(guest === undefined ? {} : { guest }) })
  }
  // Loaded when needed: a command that works in a folder has no use for the client.
  const { createS3ObjectStore } = await import('./s3.js')
  return createS3ObjectStore({ ...description, ...(guest === undefined ? {} : { patienceMs: JOB_PATIENCE_MS }) })
}
