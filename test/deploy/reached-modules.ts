import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './kustomize.js'

/** What a program is made of. */
export interface Reached {
  /** Our own files, from the root of the repository. */
  readonly files: ReadonlySet<string>
  /** npm packages. */
  readonly packages: ReadonlySet<string>
}

// Imports, dynamic imports, re-exports, and the files that threads and processes start from; types leave nothing at run time.
const STATEMENT = /^\s*(?:import|export)\s+(?!type\b)(?:[^'"()]*?from\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\('([^']+)'\)|\bnew URL\('(\.[^']+\.js)'|workerFile\(import\.meta\.url,\s*'([^']+)'/g

/** Follows the imports of a TypeScript file. @param entry from the root of the repository */
export function reachedModules(entry: string): Reached {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string) => {
    if (files.has(file)) return
    files.add(file)
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const found of [...source.matchAll(STATEMENT), ...source.matchAll(DYNAMIC)]) {
      const name = found.slice(1).find((group) => group !== undefined) ?? ''
      if (!name.startsWith('.')) {
        packages.add(name)
        continue
      }
      const target = relative(ROOT, join(ROOT, dirname(file), name)).replace(/\.js$/, '.ts')
      // Generated code and data are no modules of ours.
      if (target.endsWith('.ts') && !target.startsWith('gen/') && existsSync(join(ROOT, target))) visit(target)
    }
  }
  visit(entry)
  return { files, packages }
}
