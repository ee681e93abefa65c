import type { Tensor, TensorInfo } from './engine.js'

/** From the engine to its worker. */
export type WorkerRequest =
  | {
      readonly kind: 'run'
      readonly id: number
      readonly feeds: Readonly<Record<string, Tensor>>
      /** Shared memory that takes outputs, by name. */
      readonly into?: Readonly<Record<string, Float32Array>>
    }
  | { readonly kind: 'close' }

/** From the worker to its engine. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly inputs: TensorInfo[]; readonly outputs: TensorInfo[] }
  | { readonly kind: 'done'; readonly id: number; readonly outputs: Record<string, Tensor> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
