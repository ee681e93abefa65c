import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ModelProto, NodeProto, TensorProto } from '../../gen/onnx.js'
import { int } from './attributes.js'
import { checkInference } from './check-inference.js'
import { readOnnx } from './read-onnx.js'
import { smallNetwork } from './testing/small-network.js'

const sharedModels = join(import.meta.dirname, '../../../shared/models')
const hasShared = existsSync(sharedModels)
const refusal = expect.objectContaining({ reason: 'MODEL_TRAINING_EXPORT' })
const BOOL = 9

function withNode(node: Parameters<typeof NodeProto.fromPartial>[0], more: NodeProto[] = []): ModelProto {
  const model = smallNetwork(1)
  model.graph!.node.push(...more, NodeProto.fromPartial(node))
  return model
}

describe('checkInference', () => {
  const normalization = { opType: 'BatchNormalization', name: 'bn1', input: ['x', 's', 'b', 'm', 'v'] }

  it('accepts batch normalisation and dropout as they stand in an inference export', () => {
    expect(() => checkInference(withNode({ ...normalization, output: ['y'] }))).not.toThrow()
    expect(() =>
      checkInference(withNode({ ...normalization, output: ['y', '', ''], attribute: [int('training_mode', 0)] })),
    ).not.toThrow()
    expect(() => checkInference(withNode({ opType: 'Dropout', input: ['x'], output: ['y', 'mask'] }))).not.toThrow()
  })

  it('refuses batch normalisation that hands out new statistics', () => {
    const model = withNode({ ...normalization, output: ['y', 'mean', 'var', 'saved_mean', 'saved_var'] })
    expect(() => checkInference(model)).toThrow(refusal)
    expect(() => checkInference(model)).toThrow(/1 BatchNormalization nodes \(the first is "bn1"\).*model\.eval\(\)/)
  })

  it('refuses batch normalisation in training mode', () => {
    const model = withNode({ ...normalization, output: ['y'], attribute: [int('training_mode', 1)] })
    expect(() => checkInference(model)).toThrow(refusal)
  })

  it.each([true, false])('sees whether dropout is on: %s', (on) => {
    const flag = TensorProto.fromPartial({ name: 'training', dataType: BOOL, rawData: Buffer.of(Number(on)) })
    const dropout = { opType: 'Dropout', input: ['x', '', 'training'], output: ['y'] }
    const initialised = withNode(dropout)
    initialised.graph!.initializer.push(flag)
    const constant = NodeProto.fromPartial({
      opType: 'Constant',
      output: ['training'],
      attribute: [{ name: 'value', t: flag }],
    })
    for (const model of [initialised, withNode(dropout, [constant])]) {
      if (on) expect(() => checkInference(model)).toThrow(refusal)
      else expect(() => checkInference(model)).not.toThrow()
    }
  })

  it('looks into the branches of an If', () => {
    const inner = withNode({ ...normalization, output: ['y', 'mean'] }).graph!
    const model = withNode({
      opType: 'If',
      input: ['c'],
      output: ['z'],
      attribute: [{ name: 'then_branch', g: inner }],
    })
    expect(() => checkInference(model)).toThrow(refusal)
  })

  it.skipIf(!hasShared)('refuses the training export found in the wild and accepts its proper twins', () => {
    const model = (name: string) => readOnnx(readFileSync(join(sharedModels, `${name}.onnx`)))
    expect(() => checkInference(model('broken-training-export'))).toThrow(/51 BatchNormalization nodes/)
    for (const name of ['mobilefacenet-128', 'mobilefacenet-128-bn', 'retinaface-mnet025']) {
      expect(() => checkInference(model(name)), name).not.toThrow()
    }
  })
})
