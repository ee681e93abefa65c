import { expect, it } from 'vitest'
import { figuresByResolution } from './figures.js'

it('counts rank 1 and averages the mated and the best non-mated score at each resolution', () => {
  const found = (...pairs: [string, number][]) => pairs.map(([subject, score]) => ({ subject, score }))
  const results = [
    { probe: 0, subject: 'a', resolution: 16, candidates: found(['a', 0.75], ['b', 0.5], ['c', 0.25]) },
    { probe: 1, subject: 'b', resolution: 16, candidates: found(['c', 0.625], ['a', 0.5], ['b', 0.25]) },
    { probe: 0, subject: 'a', resolution: 0, candidates: found(['a', 1], ['b', 0.5], ['c', 0]) },
  ]
  expect(figuresByResolution(results)).toEqual([
    { resolution: 0, probes: 1, right: 1, meanMated: 1, meanBestNonMated: 0.5 },
    { resolution: 16, probes: 2, right: 1, meanMated: 0.5, meanBestNonMated: 0.5625 },
  ])
})
