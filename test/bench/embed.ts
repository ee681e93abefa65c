import type { Bench } from './bench-row.js'
export const bench: Bench = { name: 'embed', run: async () => [] }
