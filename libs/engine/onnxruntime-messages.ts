import type { Tensor, TensorInfo } from './engine.js'

/** What the worker is started with. */
export interface WorkerData {
  /** Path of the ONNX file, or the file itself. */
  readonly model: string | Uint8Array
  /** Threads of one operator. */
  readonly threads: number
  /** Execution providers by preference, e.g. ["cuda", "cpu"]. */
  readonly providers: readonly string[]
}

/** From the engine to its worker. */
export type WorkerRequest =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'close' }

/** From the worker to its engine. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly inputs: TensorInfo[]; readonly outputs: TensorInfo[] }
  | { readonly kind: 'done'; readonly id: number; readonly outputs: Record<string, Tensor> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
