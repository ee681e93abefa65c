import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isKnownReason } from './status-of-reason.js'

const root = join(import.meta.dirname, '..', '..')

/** Every reason that the sources throw, with the file that throws it. */
function thrownReasons(): [reason: string, file: string][] {
  return ['libs', 'services'].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .flatMap((name) => {
        const source = readFileSync(join(root, folder, name), 'utf8')
        return [...source.matchAll(/new DomainError\(\s*'([A-Z_]+)'/g)].map((match): [string, string] => [
          match[1] as string,
          join(folder, name),
        ])
      }),
  )
}

describe('statusOfReason', () => {
  it('knows every reason that the sources throw', () => {
    const thrown = thrownReasons()
    expect(thrown.length).toBeGreaterThan(10)
    expect(thrown.filter(([reason]) => !isKnownReason(reason))).toEqual([])
  })
})
