import { TrainerDefinition, type TrainerServiceImplementation } from '../../gen/crossres/v1/trainer.js'
import { newestFirstKey } from '../../libs/jobs/job.js'
import { page } from '../../libs/rpc/page.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import { createPromoteModel, type PromoteModelDeps } from './promote-model.js'
import { toTraining, trainingId } from './runs/messages.js'
import { createResumeTraining } from './runs/resume-training.js'
import type { RunQueue } from './runs/run-queue.js'
import { createStartTraining, type StartTrainingDeps } from './runs/start-training.js'

/** What the service works with. */
export interface TrainerDeps extends StartTrainingDeps, PromoteModelDeps {
  readonly queue: RunQueue
}

/** @returns the Trainer service: runs are kept by `trainings`, worked off by `queue`; run/run-training.ts holds the training itself */
export function createTrainerService(deps: TrainerDeps): RpcService {
  const { trainings, queue } = deps
  const startTraining = createStartTraining(deps)
  const resumeTraining = createResumeTraining(deps)

  const implementation: TrainerServiceImplementation = {
    async startTraining(request) {
      const record = await startTraining(request)
      queue.add(record)
      return { training: toTraining(record) }
    },

    getTraining: async ({ name }) => ({ training: toTraining(await trainings.get(trainingId(name))) }),

    async listTrainings(request) {
      const { items, nextPageToken } = page(await trainings.list(), newestFirstKey, request)
      return { trainings: items.map(toTraining), nextPageToken }
    },

    async cancelTraining({ name }) {
      const id = trainingId(name)
      await queue.cancel(id)
      return { training: toTraining(await trainings.get(id)) }
    },

    resumeTraining: async ({ name }) => ({ training: toTraining(await resumeTraining(trainingId(name))) }),

    async *watchTraining({ name }, { signal }) {
      for await (const record of trainings.watch(trainingId(name), signal)) yield { training: toTraining(record) }
    },

    promoteModel: createPromoteModel(deps),
  }
  return rpcService(TrainerDefinition, implementation)
}
