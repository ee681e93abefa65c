import { TrainerDefinition } from '../../gen/crossres/v1/trainer.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import { unimplemented } from '../../libs/rpc/unimplemented.js'

const refuse = () =>
  unimplemented('This version of crossres does not train yet; its models come from `crossres models import`.')

/** @returns the Trainer service as far as it goes: its contract, each call answered UNIMPLEMENTED */
export function createTrainerService(): RpcService {
  return rpcService(TrainerDefinition, {
    startTraining: refuse,
    getTraining: refuse,
    listTrainings: refuse,
    cancelTraining: refuse,
    watchTraining: refuse,
    promoteModel: refuse,
  })
}
