import { createFolderObjectStore } from './folder.js'
import type { ObjectStore } from './object-store.js'

/** Which object store: fit for JSON, so that it can be told to another process. */
export interface StoreDescription {
  readonly kind: 'folder'
  readonly folder: string
}

/**
 * Opens a store beside the process that owns it. The two see each other's objects; only conditional writes of one key must not come
 * from both at the same moment.
 * @param guest what the process is called there, unlike any other guest: what an earlier one of that name left half-written is removed
 * @throws DomainError STORAGE_FULL
 */
export function openObjectStore({ folder }: StoreDescription, guest: string): Promise<ObjectStore> {
  return createFolderObjectStore({ folder, guest })
}
