import type { Hits, Snapshot } from './vector-index.js'

/** A change of an index or a question to it. `call` names the answer's receiver, `index` one of the thread's indexes. */
export type IndexRequest = { readonly call: number; readonly index: number } & (
  | { readonly kind: 'open'; readonly dimension: number }
  | { readonly kind: 'upsert'; readonly ids: Float64Array; readonly vectors: Float32Array }
  | { readonly kind: 'remove'; readonly ids: Float64Array }
  | { readonly kind: 'search'; readonly queries: Float32Array; readonly k: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'drop' }
)

export type SearchRequest = Extract<IndexRequest, { kind: 'search' }>

/** From a search to its thread. */
export type ThreadRequest =
  | IndexRequest
  | { readonly kind: 'cancel'; readonly call: number }
  | { readonly kind: 'stop' }

/** From the thread to the search; `size` is that of the index after the call. */
export type ThreadReply =
  | {
      readonly kind: 'done'
      readonly call: number
      readonly size: number
      readonly hits?: Hits[]
      readonly snapshot?: Snapshot
    }
  | { readonly kind: 'failed'; readonly call: number; readonly message: string }
