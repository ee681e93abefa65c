const BATCH = 64
const RATE = 0.01
const DECAY = 1e-5
/** Errors beyond this many octaves pull no harder: a few faces are not what their picture's size says (Huber's loss). */
const HUBER = 0.15

/**
 * Fits a network of one hidden layer (tanh) by Adam with a cosine schedule; the same seed gives the same weights.
 * @param samples [{ input: numbers, target: number }]
 * @returns {{ hidden, inputWeights, hiddenBias, outputWeights, bias }} for inputs as they are: their standardisation is folded in
 */
export function fitSmallNetwork(samples, { hidden, epochs, random }) {
  const inputs = samples[0].input.length
  const { mean, deviation } = statistics(samples, inputs)
  const standard = samples.map(({ input }) => Float64Array.from(input, (value, i) => (value - mean[i]) / deviation[i]))
  const averageTarget = samples.reduce((sum, { target }) => sum + target, 0) / samples.length
  const first = hidden * inputs
  const last = first + 2 * hidden
  const weights = Float64Array.from({ length: last + 1 }, (_, i) => {
    if (i < first) return random.normal() / Math.sqrt(inputs)
    if (i < first + hidden) return 0
    return i < last ? (0.3 * random.normal()) / Math.sqrt(hidden) : averageTarget
  })
  const units = new Float64Array(hidden)
  const predict = (input) => {
    let output = weights[last]
    for (let h = 0; h < hidden; h++) {
      let sum = weights[first + h]
      for (let i = 0; i < inputs; i++) sum += weights[h * inputs + i] * input[i]
      units[h] = Math.tanh(sum)
      output += weights[first + hidden + h] * units[h]
    }
    return output
  }
  const addGradient = (gradient, input, slope) => {
    gradient[last] += slope
    for (let h = 0; h < hidden; h++) {
      gradient[first + hidden + h] += slope * units[h]
      const inner = slope * weights[first + hidden + h] * (1 - units[h] ** 2)
      gradient[first + h] += inner
      for (let i = 0; i < inputs; i++) gradient[h * inputs + i] += inner * input[i]
    }
  }
  const adam = createAdam(weights, epochs * Math.ceil(samples.length / BATCH))
  const order = samples.map((_, i) => i)
  for (let epoch = 0; epoch < epochs; epoch++) {
    random.shuffle(order)
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH)
      const gradient = new Float64Array(weights.length)
      for (const index of batch) {
        const error = predict(standard[index]) - samples[index].target
        addGradient(gradient, standard[index], Math.max(-1, Math.min(1, error / HUBER)) / batch.length)
      }
      adam(gradient)
    }
  }
  const inputWeights = [...weights.subarray(0, first)].map((weight, i) => weight / deviation[i % inputs])
  return {
    hidden,
    inputWeights,
    hiddenBias: [...weights.subarray(first, first + hidden)].map((bias, h) =>
      mean.reduce((sum, value, i) => sum - inputWeights[h * inputs + i] * value, bias),
    ),
    outputWeights: [...weights.subarray(first + hidden, last)],
    bias: weights[last],
  }
}

function statistics(samples, inputs) {
  const mean = new Array(inputs).fill(0)
  const variance = new Array(inputs).fill(0)
  for (const { input } of samples) for (let i = 0; i < inputs; i++) mean[i] += input[i] / samples.length
  for (const { input } of samples)
    for (let i = 0; i < inputs; i++) variance[i] += (input[i] - mean[i]) ** 2 / samples.length
  return { mean, deviation: variance.map(Math.sqrt) }
}

/** Source: Kingma, Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1. */
function createAdam(weights, steps) {
  const first = new Float64Array(weights.length)
  const second = new Float64Array(weights.length)
  let step = 0
  return (gradient) => {
    step++
    const rate = (RATE * (1 + Math.cos((Math.PI * step) / steps))) / 2
    for (let i = 0; i < weights.length; i++) {
      const slope = gradient[i] + DECAY * weights[i]
      first[i] = 0.9 * first[i] + 0.1 * slope
      second[i] = 0.999 * second[i] + 0.001 * slope ** 2
      weights[i] -= (rate * (first[i] / (1 - 0.9 ** step))) / (Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-8)
    }
  }
}
