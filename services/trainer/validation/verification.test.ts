import { describe, expect, it } from 'vitest'
import { verificationTar } from './verification.js'

const faces = (...subjects: (string | null)[]) => subjects.map((subject) => ({ subject }))
const onCircle = (...degrees: number[]) =>
  Float32Array.from(degrees.flatMap((each) => [Math.cos((each * Math.PI) / 180), Math.sin((each * Math.PI) / 180)]))

describe('verificationTar', () => {
  it('compares every probe with every other face, by direction alone', () => {
    const gallery = onCircle(0, 10, 90, 100)
    const probes = onCircle(0, 10, 90, 100).map((value) => value * 7)
    expect(verificationTar({ gallery, probes, dimension: 2, faces: faces('a', 'a', 'b', 'b') })).toBe(1)
    // Each is nearer to a stranger than to its own: of the eight non-mated none may come in.
    expect(verificationTar({ gallery, probes, dimension: 2, faces: faces('a', 'b', 'a', 'b') })).toBe(0)
  })

  it('leaves a named face out of its own comparison, and compares a nameless one with itself only', () => {
    const same = onCircle(0, 90)
    expect(verificationTar({ gallery: same, probes: same, dimension: 2, faces: faces('a', 'b') })).toBe(0)
    expect(verificationTar({ gallery: same, probes: same, dimension: 2, faces: faces(null, null) })).toBe(1)
    const swapped = onCircle(90, 0)
    expect(verificationTar({ gallery: same, probes: swapped, dimension: 2, faces: faces(null, null) })).toBe(0)
  })
})
