import { open } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { DomainError } from '../config/domain-error.js'
import { storageError } from './storage-error.js'

describe('storageError', () => {
  it('says that the disk is full', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    expect(() => storageError(full)).toThrow(expect.objectContaining({ reason: 'STORAGE_FULL', cause: full }))
  })

  it('leaves other errors alone', async () => {
    const absent = await open('/nowhere/at/all').catch((error: unknown) => error)
    expect(() => storageError(absent)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => storageError(absent)).not.toThrow(DomainError)
  })
})
