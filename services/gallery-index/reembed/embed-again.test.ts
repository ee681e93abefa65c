import { Status } from 'nice-grpc'
import { describe, expect, it } from 'vitest'
import { FaceInput } from '../../../gen/crossres/v1/common.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { EmbedFace } from '../face-embedder.js'
import { embedAgain, isPassing } from './embed-again.js'

const VERSION = 'models/base/versions/0123456789ab'
const { signal } = new AbortController()
const patience = { firstWaitMs: 1, longestWaitMs: 2 }
const vector = Float32Array.of(1, 0)

/** An embedder that fails in these ways and then answers. */
function failing(...errors: Error[]) {
  let calls = 0
  const embedFace: EmbedFace = async () => {
    const error = errors[calls++]
    if (error) throw error
    return {
      vector,
      modelVersion: VERSION,
      face: {
        region: undefined,
        faceResolution: 8,
        resolutionStated: false,
        pictureResolution: 8,
        effectiveResolution: 0,
      },
    }
  }
  return { embedFace, calls: () => calls }
}
const again = (embedFace: EmbedFace, rest: object = { patience }, by: AbortSignal = signal) =>
  embedAgain(embedFace, { input: FaceInput.fromPartial({}), version: VERSION, ...rest }, by)

const away = new DomainError('SERVER_UNREACHABLE', 'away')
const full = new DomainError('QUEUE_FULL', 'full')
const noFace = new DomainError('FACE_NOT_FOUND', 'no face')

describe('embedding a face again', () => {
  it('waits for an embedder that is away or busy, however long', async () => {
    const { embedFace, calls } = failing(...Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? away : full)))
    expect(await again(embedFace)).toEqual({ embedding: vector })
    expect(calls()).toBe(13)
  })

  it('tells at once what is wrong with a face, and after some tries what nobody can explain', async () => {
    const one = failing(noFace)
    expect(await again(one.embedFace)).toMatchObject({ failure: { reason: 'FACE_NOT_FOUND' } })
    expect(one.calls()).toBe(1)
    const unexplained = failing(...Array.from({ length: 9 }, () => new Error('?')))
    expect(await again(unexplained.embedFace)).toMatchObject({ failure: { status: Status.INTERNAL } })
    expect(unexplained.calls()).toBe(5)
    expect(await again(failing(new Error('?'), new Error('?')).embedFace)).toEqual({ embedding: vector })
  })

  it('throws what concerns every face, what passes where nobody may be waited for, and an abortion', async () => {
    const missing = new DomainError('MODEL_NOT_FOUND', 'gone')
    await expect(again(failing(missing).embedFace)).rejects.toBe(missing)
    await expect(again(failing(away).embedFace, {})).rejects.toBe(away)
    const aborting = new AbortController()
    const waiting = again(
      failing(away).embedFace,
      { patience: { firstWaitMs: 60_000, longestWaitMs: 60_000 } },
      aborting.signal,
    )
    setImmediate(() => aborting.abort())
    await expect(waiting).rejects.toThrow('abort')
  })

  it('does not take the embedding of another version', async () => {
    const { embedFace } = failing()
    const other = { patience, version: 'models/base/versions/ffffffffffff' }
    expect(await again(embedFace, other)).toMatchObject({ failure: { status: Status.INTERNAL } })
  })
})

it('tells what passes from what stays', () => {
  expect([away, full, noFace, new Error('?')].map(isPassing)).toEqual([true, true, false, false])
})
