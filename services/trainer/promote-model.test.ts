import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ModelPromoted } from '../../gen/crossres/v1/events.js'
import { onEvent } from '../../libs/events/event-types.js'
import { createInProcessEventBus } from '../../libs/events/in-process.js'
import { versionName } from '../../libs/models/model-name.js'
import { createModelRegistry, type ModelRegistry } from '../../libs/models/model-registry.js'
import { anyCard } from '../../libs/models/testing/any-card.js'
import { createFolderObjectStore } from '../../libs/objects/folder.js'
import { createPromoteModel } from './promote-model.js'

let folder: string
let registry: ModelRegistry
let first: string
let second: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-promote-'))
  registry = createModelRegistry({ objects: await createFolderObjectStore({ folder }) })
  first = versionName('net', await registry.put('net', Buffer.from('one'), anyCard()))
  second = versionName('net', await registry.put('net', Buffer.from('two'), anyCard()))
})
afterEach(() => rm(folder, { recursive: true }))

/** @returns the call, and what its events said once the bus is closed */
async function promoter() {
  const events = createInProcessEventBus()
  const heard: ModelPromoted[] = []
  await onEvent(events, 'model.promoted', 'test', async (message) => {
    heard.push(message)
  })
  const promote = createPromoteModel({ registry, events, defaultModel: 'net' })
  return {
    promote: (version: string, expectedVersion = '') => promote({ version, expectedVersion }),
    async heard() {
      await events.close()
      return heard
    },
  }
}

it('makes a version the production one, answers what it replaced and tells the embedders', async () => {
  const { promote, heard } = await promoter()
  const answer = await promote(second, first)
  expect(answer).toMatchObject({
    model: { name: second, production: true, isDefault: true },
    previousVersion: first,
  })
  expect(versionName('net', (await registry.get('models/net')).version)).toBe(second)
  expect(await heard()).toEqual([{ version: second, previousVersion: first }])
})

it('tells them again of a version that is in production already', async () => {
  const { promote, heard } = await promoter()
  expect(await promote(first)).toMatchObject({ previousVersion: first })
  expect(await heard()).toEqual([{ version: first, previousVersion: first }])
})

it('promotes nothing over a version that the caller has not seen', async () => {
  const { promote, heard } = await promoter()
  await expect(promote(second, second)).rejects.toMatchObject({ reason: 'MODEL_PRODUCTION_CHANGED' })
  expect((await registry.get('models/net')).version).toBe(first.split('/').at(-1))
  expect(await heard()).toEqual([])
})

it.each([
  ['a model without a version', 'models/net', '', 'FIELD_INVALID'],
  ['an expected version without a version', 'models/net/versions/000000000000', 'models/net', 'FIELD_INVALID'],
  [
    'an expected version of another model',
    'models/net/versions/000000000000',
    'models/x/versions/000000000000',
    'FIELD_INVALID',
  ],
  ['what is no name', 'net', '', 'MODEL_NAME_INVALID'],
  ['a version that is not there', 'models/net/versions/000000000000', '', 'MODEL_NOT_FOUND'],
])('refuses %s', async (_, version, expected, reason) => {
  const { promote, heard } = await promoter()
  await expect(promote(version, expected)).rejects.toMatchObject({ reason })
  expect(await heard()).toEqual([])
})
