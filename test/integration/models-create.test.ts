import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRESETS } from '../../libs/models/presets.js'
import { createCli } from '../e2e/cli-process.js'

describe('models create', () => {
  let folder: string
  let create: (...args: string[]) => ReturnType<ReturnType<typeof createCli>['run']>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-create-'))
    const cli = createCli({ CROSSRES_DATA: folder })
    create = (...args) => cli.run('models', 'create', 'se-resnet-50', '--json', ...args)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("registers the paper's network with its preparation, another seed as another version", {
    timeout: 180_000,
  }, async () => {
    const { name, production, card } = (await create('--seed', '3')).json()
    expect(name).toMatch(/^models\/se-resnet-50\/versions\/[0-9a-f]{12}$/)
    expect(production).toBe(true)
    const { input, crop } = PRESETS['vggface2-se-resnet-50']
    expect(card).toMatchObject({ input, crop, dimension: 2_048, normalises: false, batch: 'dynamic' })
    expect(card).toMatchObject({ licence: 'Apache-2.0', origin: expect.stringContaining('random weights of seed 3') })

    const other = (await create('--seed', '4')).json()
    expect(other).toMatchObject({ production: false })
    expect(other.name).not.toBe(name)
  })

  it('refuses a name that the base has', async () => {
    const { code, json } = await create('--name', 'base')
    expect(code).toBe(1)
    expect(json().error.reason).toBe('MODEL_NAME_RESERVED')
  })
})
