// Runs in a worker thread: a search over 100,000 vectors computes for milliseconds, during which the service must go on answering.
import { workerData } from 'node:worker_threads'
import { nearest } from './nearest.js'
import { openProduct } from './product.js'
import { createRows } from './rows.js'
import { serveIndexes } from './serve-indexes.js'
import { createSketch } from './sketch.js'
import type { ProductSettings } from './top-k-graph.js'

const product = await openProduct(workerData as ProductSettings)

serveIndexes({
  open(dimension) {
    const sketch = createSketch(dimension)
    const rows = createRows(dimension, sketch)
    return { rows, search: (queries, k) => nearest(rows, sketch, product, queries, k) }
  },
  close: () => product.release(),
})
