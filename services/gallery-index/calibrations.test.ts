import { expect, it } from 'vitest'
import { toCalibrationMessage } from '../../libs/calibration/calibration-message.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { Calibration } from '../../libs/models/model-card.js'
import { createCalibrations, type GetModel } from './calibrations.js'

const calibration = (dataset: string): Calibration => ({
  bands: [
    {
      resolution: 16,
      curve: [{ score: 0.9, fmr: 1e-4 }],
      misses: [{ score: 0.9, fnmr: 0.5 }],
      impostors: 10_000,
      mated: 7,
    },
  ],
  dataset,
})

/** An embedder that knows some models, may be down, and counts what it is asked. */
function embedder(known: Record<string, Calibration | undefined>) {
  const state = { known, asked: 0, down: false }
  const getModel: GetModel = async ({ name }) => {
    state.asked += 1
    if (state.down) throw new DomainError('EMBEDDER_DOWN', 'no answer')
    if (!(name in state.known)) throw new DomainError('MODEL_NOT_FOUND', name)
    const found = state.known[name]
    return { model: undefined, scoreCalibration: found && toCalibrationMessage(found) }
  }
  return { state, getModel }
}

it('asks once for many callers, and again after a while', async () => {
  const { state, getModel } = embedder({ a: calibration('one'), b: undefined })
  let time = 0
  const find = createCalibrations({ getModel, ttlMs: 1_000, now: () => time })
  expect(await Promise.all([find('a'), find('a'), find('a')])).toEqual(Array(3).fill(calibration('one')))
  expect(state.asked).toBe(1)
  expect(await find('b')).toBeUndefined()
  expect(await find('unknown')).toBeUndefined()
  expect(await find('unknown')).toBeUndefined()
  expect(state.asked).toBe(3)
  state.known.a = calibration('two')
  time = 999
  expect((await find('a'))?.dataset).toBe('one')
  time = 1_001
  expect((await find('a'))?.dataset).toBe('two')
})

it('keeps what it knew while the embedder is down, and fails where it knew nothing', async () => {
  const { state, getModel } = embedder({ a: calibration('one') })
  let time = 0
  const find = createCalibrations({ getModel, ttlMs: 1_000, now: () => time })
  await find('a')
  state.down = true
  for (time of [2_000, 4_000, 4_001]) expect((await find('a'))?.dataset).toBe('one')
  expect(state.asked).toBe(3)
  await expect(find('b')).rejects.toMatchObject({ reason: 'EMBEDDER_DOWN' })
  state.down = false
  expect(await find('b')).toBeUndefined()
})

it('does not remember every version that somebody makes up', async () => {
  const { state, getModel } = embedder({ a: calibration('one') })
  const find = createCalibrations({ getModel, ttlMs: 1_000, now: () => 0 })
  for (let i = 0; i < 200; i++) await find(`made up ${i}`)
  await find('made up 199')
  expect(state.asked).toBe(200)
  await find('made up 0')
  expect(state.asked).toBe(201)
})
