import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { modelVersion } from './model-version.js'
import { PRESETS } from './presets.js'
import { anyCard } from './testing/any-card.js'

const onnx = Buffer.from('network')

it('is the beginning of a SHA-256 over the network and the canonical preparation', () => {
  const input = { width: 2, height: 1, colourOrder: 'RGB', mean: [1, 2, 3], scale: [1, 1, 1], layout: 'NCHW' } as const
  const text =
    'network{"crop":{"kind":"margin","margin":0.3,"resize":4},' +
    '"input":{"colourOrder":"RGB","height":1,"layout":"NCHW","mean":[1,2,3],"scale":[1,1,1],"width":2}}'
  const version = modelVersion(onnx, {
    crop: { resize: 4, margin: 0.3, kind: 'margin' },
    input: { ...input, mean: [1, 2, 3], scale: [1, 1, 1] },
  })
  expect(version).toBe(createHash('sha256').update(text).digest('hex').slice(0, 12))
})

it('changes with the network, the pixels and the crop, and with nothing else of the card', () => {
  const card = anyCard()
  const version = modelVersion(onnx, card)
  expect(modelVersion(onnx, anyCard({ licence: 'other', evaluation: { lfw: 1 } }))).toBe(version)
  const others = [
    modelVersion(Buffer.from('networK'), card),
    modelVersion(onnx, { ...card, input: { ...card.input, colourOrder: 'BGR' } }),
    modelVersion(onnx, { ...card, input: { ...card.input, mean: [0, 0, 1e-9] } }),
    modelVersion(onnx, { ...card, crop: PRESETS['vggface2-se-resnet-50'].crop }),
  ]
  expect(new Set([version, ...others]).size).toBe(5)
})
