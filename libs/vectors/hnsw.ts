import { availableParallelism } from 'node:os'
import { workerFile } from '../config/worker-file.js'
import type { HnswSettings } from './hnsw-index.js'
import { createThreadSearch, type ThreadSearch } from './thread-search.js'
import { type ProductSettings, topKGraph } from './top-k-graph.js'

// Below, the exact search is as fast (README.md).
const GRAPH_FROM = 20_000

/**
 * Starts approximate search: a graph proposes candidates, which are compared in float32. Small indexes have no graph and are exact.
 * @param options.threads default: all cores
 * @param options.graphFrom from how many vectors on an index has a graph; default: where it begins to pay
 */
export function createHnswSearch(options: Partial<HnswSettings> = {}): ThreadSearch {
  const { threads = availableParallelism(), graphFrom = GRAPH_FROM } = options
  const settings: ProductSettings & HnswSettings = { threads, graphFrom, graph: topKGraph() }
  return createThreadSearch(workerFile(import.meta.url, './hnsw-thread.js'), settings, 'approximate search')
}
