import { EvaluatorDefinition } from '../../gen/crossres/v1/evaluator.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import { unimplemented } from '../../libs/rpc/unimplemented.js'

const refuse = () =>
  unimplemented('This version of crossres does not evaluate yet; `crossres demo --data-set FOLDER` gives a first look.')

/** @returns the Evaluator service as far as it goes: its contract, each call answered UNIMPLEMENTED */
export function createEvaluatorService(): RpcService {
  return rpcService(EvaluatorDefinition, {
    startEvaluation: refuse,
    getEvaluation: refuse,
    listEvaluations: refuse,
    cancelEvaluation: refuse,
    watchEvaluation: refuse,
    calibrateModel: refuse,
  })
}
