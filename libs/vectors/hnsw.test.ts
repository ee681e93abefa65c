import { createHnswSearch } from './hnsw.js'
import { vectorIndexContract } from './vector-index.contract.js'

// Vectors in every direction of 128, as the contract's largest case has them, are the hardest for a graph; faces are not like that
// (hnsw-index.test.ts).
vectorIndexContract(
  'approximate search',
  async () => {
    const search = createHnswSearch({ threads: 2, graphFrom: 1 })
    return { search, stop: () => search.close() }
  },
  { recall: 0.97 },
)
