import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ModelProto, TensorProto_DataLocation } from '../../gen/onnx.js'
import { createSessionEngine } from '../engine/session-engine.js'
import { readOnnx } from './read-onnx.js'
import { noise } from './testing/noise.js'
import { smallNetwork } from './testing/small-network.js'
import { writeOnnx } from './write-onnx.js'

const sharedModels = join(import.meta.dirname, '../../../shared/models')
const hasShared = existsSync(sharedModels)

describe('readOnnx', () => {
  const model = smallNetwork('batch', [0, -1])
  const bytes = writeOnnx(model)

  it('reads what was written', () => {
    expect(readOnnx(bytes)).toEqual(readOnnx(writeOnnx(readOnnx(bytes))))
    expect(readOnnx(bytes).graph?.node.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'Reshape'])
  })

  it('keeps fields that it does not model, at every depth', () => {
    // training_info (20) of the model, quantization_annotation (14) of the graph, metadata_props (9) of a node.
    const emptyTrainingInfo = Buffer.of(0xa2, 0x01, 0)
    const withUnknown = Buffer.concat([bytes, emptyTrainingInfo])
    const read = readOnnx(withUnknown)
    read.graph!._unknownFields = { [14 * 8 + 2]: [Buffer.of(2, 10, 0)] }
    read.graph!.node[0]!._unknownFields = { [9 * 8 + 2]: [Buffer.of(2, 10, 0)] }
    const again = readOnnx(writeOnnx(read))
    expect(again._unknownFields?.[162]?.map((field) => [...field])).toEqual([[0]])
    expect(again.graph?._unknownFields?.[114]?.map((field) => [...field])).toEqual([[2, 10, 0]])
    expect(again.graph?.node[0]?._unknownFields?.[74]?.map((field) => [...field])).toEqual([[2, 10, 0]])
  })

  it('refuses a file cut off anywhere', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readOnnx(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ reason: 'MODEL_CORRUPT' }),
      )
    }
  })

  it('refuses files of another kind', () => {
    const others = [
      Buffer.from('\xff\xd8\xff\xe0 a photograph', 'latin1'),
      Buffer.from('{"a": "card"}'),
      Buffer.alloc(64),
    ]
    for (const other of others) {
      expect(() => readOnnx(other)).toThrow(expect.objectContaining({ reason: 'MODEL_CORRUPT' }))
    }
  })

  it('refuses weights in other files and names the file', () => {
    const outside: ModelProto = readOnnx(bytes)
    const weight = outside.graph!.initializer[0]!
    weight.dataLocation = TensorProto_DataLocation.EXTERNAL
    weight.externalData = [{ key: 'location', value: 'weights.bin' }]
    expect(() => readOnnx(writeOnnx(outside))).toThrow(
      expect.objectContaining({ reason: 'MODEL_EXTERNAL_DATA', message: expect.stringContaining('weights.bin') }),
    )
  })

  it.skipIf(!hasShared).each([
    ['mobilefacenet-128', [1, 3, 112, 112]],
    ['mobilefacenet-128-bn', [2, 3, 112, 112]],
    ['retinaface-mnet025', [1, 3, 64, 96]],
  ] as const)('reads and writes %s without changing what it computes', async (name, dims) => {
    const original = readFileSync(join(sharedModels, `${name}.onnx`))
    const rewritten = writeOnnx(readOnnx(original))
    // vitest's own comparison takes seconds for megabytes of weights.
    expect(isDeepStrictEqual(readOnnx(rewritten), readOnnx(original))).toBe(true)
    const [before, after] = [
      await createSessionEngine({ model: original }),
      await createSessionEngine({ model: rewritten }),
    ]
    const feeds = { [before.inputs[0]!.name]: noise(dims, 7) }
    expect(await after.run(feeds)).toEqual(await before.run(feeds))
  })
})
