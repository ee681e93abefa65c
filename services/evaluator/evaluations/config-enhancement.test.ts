import { expect, it } from 'vitest'
import { EvaluationConfig } from '../../../gen/crossres/v1/evaluator.js'
import { configEnhancement } from './config-enhancement.js'

const objects = {
  head: async (key: string) => (key === 'enhancers/net.onnx' ? { key, size: 1, etag: '' } : undefined),
}
const read = (config: Partial<EvaluationConfig>) => configEnhancement(objects, EvaluationConfig.fromPartial(config))

it.each([
  [{}, undefined],
  [{ enhanceModel: 'esrgan-slim' }, { model: 'esrgan-slim', range: 1 }],
  [
    { enhanceModel: 'object:enhancers/net.onnx', enhanceRange: 255, enhanceBelow: 24 },
    { model: 'object:enhancers/net.onnx', range: 255, below: 24 },
  ],
])('reads %j', async (config, expected) => {
  expect(await read(config)).toEqual(expected)
})

it.each([
  ['MODEL_NOT_FOUND', { enhanceModel: 'object:nothing.onnx' }],
  ['MODEL_NOT_FOUND', { enhanceModel: 'esrgan-slim-x5' }],
  // A path of the evaluator's machine.
  ['MODEL_NOT_FOUND', { enhanceModel: '/etc/net.onnx' }],
  ['URI_UNSUPPORTED', { enhanceModel: 'https://example.com/net.onnx' }],
  ['FIELD_INVALID', { enhanceModel: 'esrgan-slim', enhanceRange: 2 }],
  ['FIELD_INVALID', { enhanceBelow: 16 }],
])('refuses with %s: %j', async (reason, config) => {
  await expect(read(config)).rejects.toMatchObject({ reason })
})
