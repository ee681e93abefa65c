import { expect, it } from 'vitest'
import { distinctFaces } from './distinct-faces.js'

const face = (x: number, y: number, width: number, height: number, detectionScore: number) => ({
  region: { box: { x, y, width, height }, landmarks: [], detectionScore },
})

it('drops a small box within a surer one and keeps neighbours, surest first', () => {
  const large = face(100, 100, 200, 200, 0.8)
  const mouth = face(140, 200, 80, 100, 0.7)
  const neighbour = face(280, 100, 200, 200, 0.9)
  expect(distinctFaces([mouth, large, neighbour])).toEqual([neighbour, large])
})
