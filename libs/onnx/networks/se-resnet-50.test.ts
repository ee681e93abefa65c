import { describe, expect, it } from 'vitest'
import { intsOf } from '../attributes.js'
import { byRuntime } from '../executor/testing/compare.js'
import { elementCount } from '../tensor-data.js'
import { noise } from '../testing/noise.js'
import { SE_RESNET_50_DIMENSION, seResNet50 } from './se-resnet-50.js'

const model = seResNet50(1n)
const graph = model.graph!
const ofType = (wanted: string) => graph.node.filter(({ opType }) => opType === wanted)

describe('seResNet50', () => {
  it('has the weights of the published network: its 28,088,024 less the classifier of 1,000 classes', () => {
    const learns = graph.initializer.filter(({ name }) => !/mean$|variance$/.test(name))
    const count = learns.reduce((sum, { dims }) => sum + elementCount(dims), 0)
    expect(count).toBe(28_088_024 - (2_048 * 1_000 + 1_000))
  })

  it('has 53 normalised convolutions, and 16 squeezes with two each', () => {
    expect(ofType('BatchNormalization')).toHaveLength(53)
    expect(ofType('Conv')).toHaveLength(53 + 2 * 16)
    expect(ofType('Sigmoid')).toHaveLength(16)
  })

  it('halves the picture in the stem and in the 1x1 convolutions at the start of stages 3 to 5', () => {
    const halving = ofType('Conv').filter((node) => intsOf(node, 'strides', [])[0] === 2)
    expect(halving.map(({ input }) => input[1]).sort()).toEqual(
      [
        'conv1/weights',
        ...[3, 4, 5].flatMap((stage) => [`conv${stage}_1/project/weights`, `conv${stage}_1/reduce/weights`]),
      ].sort(),
    )
  })

  it('makes of each picture 2,048 features that are not negative and differ', async () => {
    const { feature } = await byRuntime(model, { image: noise([2, 3, 224, 224], 3) })
    expect(feature?.dims).toEqual([2, SE_RESNET_50_DIMENSION])
    const data = feature!.data as Float32Array
    expect(data.every((value) => value >= 0 && Number.isFinite(value))).toBe(true)
    const [one, two] = [data.subarray(0, SE_RESNET_50_DIMENSION), data.subarray(SE_RESNET_50_DIMENSION)]
    expect(one.some((value) => value > 0)).toBe(true)
    expect(one).not.toEqual(two)
  })
})
