import { availableParallelism } from 'node:os'
import { workerFile } from '../config/worker-file.js'
import { createThreadSearch, type ThreadSearch } from './thread-search.js'
import { type ProductSettings, topKGraph } from './top-k-graph.js'

export interface ExactSearchOptions {
  /** Threads of one search; default: all cores. */
  readonly threads?: number
}

/** Starts exact search: every vector is compared, in float32, by one matrix product (README.md has the measurements). */
export function createExactSearch(options: ExactSearchOptions = {}): ThreadSearch {
  const settings: ProductSettings = { threads: options.threads ?? availableParallelism(), graph: topKGraph() }
  return createThreadSearch(workerFile(import.meta.url, './exact-thread.js'), settings, 'exact search')
}
