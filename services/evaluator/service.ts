import {
  type EvaluationProgress,
  EvaluatorDefinition,
  type EvaluatorServiceImplementation,
} from '../../gen/crossres/v1/evaluator.js'
import { newestFirstKey } from '../../libs/jobs/job.js'
import type { JobQueue } from '../../libs/jobs/job-queue.js'
import type { Jobs } from '../../libs/jobs/jobs.js'
import type { ModelRegistry } from '../../libs/models/model-registry.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { page } from '../../libs/rpc/page.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import type { EvaluationRecord } from './evaluations/evaluation-record.js'
import { evaluationId, toEvaluation } from './evaluations/messages.js'
import { createStartCalibration } from './evaluations/start-calibration.js'
import { createStartEvaluation } from './evaluations/start-evaluation.js'

/** What the service works with. */
export interface EvaluatorDeps {
  readonly registry: ModelRegistry
  readonly objects: Pick<ObjectStore, 'head'>
  readonly evaluations: Jobs<EvaluationRecord, EvaluationProgress>
  readonly queue: JobQueue<EvaluationRecord>
  readonly defaultModel: string
}

/** @returns the Evaluator service: evaluations are kept by `evaluations`, worked off by `queue`; evaluation/run-evaluation.ts measures,
 * calibration/calibrate-model.ts calibrates */
export function createEvaluatorService(deps: EvaluatorDeps): RpcService {
  const { registry, objects, evaluations, queue, defaultModel } = deps
  const starting = { registry, objects, create: evaluations.create, defaultModel }
  const startEvaluation = createStartEvaluation(starting)
  const startCalibration = createStartCalibration(starting)

  const implementation: EvaluatorServiceImplementation = {
    async startEvaluation(request) {
      const record = await startEvaluation(request)
      queue.add(record)
      return { evaluation: toEvaluation(record) }
    },

    getEvaluation: async ({ name }) => ({ evaluation: toEvaluation(await evaluations.get(evaluationId(name))) }),

    async listEvaluations(request) {
      const { items, nextPageToken } = page(await evaluations.list(), newestFirstKey, request)
      return { evaluations: items.map(toEvaluation), nextPageToken }
    },

    async cancelEvaluation({ name }) {
      const id = evaluationId(name)
      await queue.cancel(id)
      return { evaluation: toEvaluation(await evaluations.get(id)) }
    },

    async *watchEvaluation({ name }, { signal }) {
      for await (const record of evaluations.watch(evaluationId(name), signal)) {
        yield { evaluation: toEvaluation(record) }
      }
    },

    async calibrateModel(request) {
      const record = await startCalibration(request)
      queue.add(record)
      return { evaluation: toEvaluation(record) }
    },
  }
  return rpcService(EvaluatorDefinition, implementation)
}
