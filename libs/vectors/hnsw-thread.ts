// Runs in a worker thread: adding to a graph and searching it computes, and usearch does both without letting go.
import { workerData } from 'node:worker_threads'
import { createHnswIndex, type HnswSettings } from './hnsw-index.js'
import { openProduct } from './product.js'
import { serveIndexes } from './serve-indexes.js'
import type { ProductSettings } from './top-k-graph.js'

const settings = workerData as ProductSettings & HnswSettings
const product = await openProduct(settings)

serveIndexes({
  open: (dimension) => createHnswIndex(dimension, product, settings),
  close: () => product.release(),
})
