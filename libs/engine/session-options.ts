import { availableParallelism } from 'node:os'
import type { InferenceSession } from 'onnxruntime-node'

/**
 * How ONNX Runtime is set up here.
 * @param threads of one operator; default: all cores
 * @param providers execution providers by preference, e.g. ["cuda", "cpu"]; default: the CPU
 */
export function sessionOptions(
  threads = availableParallelism(),
  providers: readonly string[] = ['cpu'],
): InferenceSession.SessionOptions {
  return {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Spinning threads would take the cores from decoding and gRPC between two batches.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  }
}
