import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { ARCFACE_TEMPLATE } from '../../libs/face/templates.js'
import { createCli } from '../e2e/cli-process.js'
import { cosine, lowestCosine } from '../fixtures/cosine.js'
import { writeLfwChips } from '../fixtures/lfw-chips.js'
import { hasShared, MOBILEFACENET, SHARED } from '../fixtures/shared-models.js'

/** The same network with its batch normalisation folded, and its batch fixed to 1. */
const FOLDED = join(SHARED, 'models', 'mobilefacenet-128.onnx')
const BROKEN = join(SHARED, 'models', 'broken-training-export.onnx')

describe.skipIf(!hasShared)('models import', () => {
  let folder: string
  let cli: ReturnType<typeof createCli>
  const importAs = (name: string, file: string, ...more: string[]) =>
    cli.run('models', 'import', file, '--name', name, '--preset', 'mobilefacenet', '--json', ...more)
  const listed = async () => (await cli.run('models', 'list', '--json')).json().models as { model: string }[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossres-models-'))
    cli = createCli({ CROSSRES_DATA: join(folder, 'data'), CROSSRES_CACHE: cacheFolder({}) })
    for (const [name, file] of [
      ['folded', FOLDED],
      ['whole', MOBILEFACENET],
    ] as const) {
      const { code, stderr } = await importAs(name, file, '--licence', 'Apache-2.0')
      expect(stderr).toBe('')
      expect(code).toBe(0)
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('frees a batch fixed to 1, and the embeddings stay those of the free one', async () => {
    const files = await writeLfwChips(folder, 20, ARCFACE_TEMPLATE)
    const embed = async (model: string): Promise<number[][]> => {
      const answer = await cli.run('embed', '--json', '--faces', 'whole', '--model', model, ...files)
      expect(answer.code).toBe(0)
      return answer.json().results.map(({ faces }: { faces: { embedding: number[] }[] }) => faces[0]?.embedding)
    }
    const [folded, whole] = [await embed('folded'), await embed('whole')]
    expect(folded).toHaveLength(20)
    const lowest = lowestCosine(folded, whole)
    console.log(`lowest cosine of 20 faces, batch freed and batch free: 1 - ${(1 - lowest).toExponential(1)}`)
    expect(lowest).toBeGreaterThan(1 - 1e-8)
    expect(cosine(folded[0] as number[], folded[1] as number[])).toBeLessThan(0.98)
  })

  it('gives the same version again for the same file, whatever it is called, and changes nothing', async () => {
    const before = await listed()
    const { name, production, card } = (await importAs('folded', FOLDED, '--licence', 'Apache-2.0')).json()
    expect(card).toMatchObject({ batch: 'dynamic', dimension: 128, inputName: 'input0', outputName: 'output0' })
    expect(production).toBe(true)
    expect(await listed()).toEqual(before)
    expect(before).toContainEqual(expect.objectContaining({ name, model: 'folded' }))

    const renamed = (await importAs('renamed', FOLDED)).json()
    expect(renamed.name).toBe(name.replace('folded', 'renamed'))
  })

  it('keeps the version in use until told to promote another', async () => {
    const inUse = (await importAs('two', FOLDED)).json()
    const other = (await importAs('two', MOBILEFACENET)).json()
    const shown = async () => (await cli.run('models', 'show', 'two', '--json')).json().name
    expect(other.production).toBe(false)
    expect(other.name).not.toBe(inUse.name)
    expect(await shown()).toBe(inUse.name)
    expect((await importAs('two', MOBILEFACENET, '--promote')).json()).toMatchObject({ production: true })
    expect(await shown()).toBe(other.name)
  })

  it('is told of by list and show: input, dimension, licence', async () => {
    const fact = {
      production: true,
      default: false,
      dimension: 128,
      licence: 'Apache-2.0',
      origin: 'mobilefacenet-128-bn.onnx',
      calibration: 'UNCALIBRATED',
      crop: { kind: 'alignment' },
      input: { width: 112, height: 112, colourOrder: 'RGB', layout: 'NCHW' },
    }
    const shown = (await cli.run('models', 'show', 'whole', '--json')).json()
    expect(shown).toMatchObject(fact)
    expect(shown.input.mean[0]).toBeCloseTo(0.485 * 255, 3)
    expect(shown.input.scale[0]).toBeCloseTo(1 / (0.229 * 255), 6)
    expect(shown.crop.template[0][0]).toBeCloseTo(38.2946, 3)
    expect(await listed()).toContainEqual(shown)

    const list = await cli.run('models', 'list')
    expect(list.stdout).toMatch(/^Model +Version +Input +Numbers +Size/)
    expect(list.stdout).toMatch(/^crossres +[0-9a-f]{12} +150 x 150 +128 .* default *$/m)
    expect(list.stdout).toMatch(new RegExp(`^whole +${shown.version} +112 x 112 +128 `, 'm'))
    const show = (await cli.run('models', 'show', 'whole')).stdout
    for (const line of [/^Input +112 x 112 RGB/m, /^Embedding +128/m, /^Licence +Apache-2\.0$/m]) {
      expect(show).toMatch(line)
    }
  })

  it('knows the default model by either name', async () => {
    const [byName, byAlias] = [
      await cli.run('models', 'show', 'crossres', '--json'),
      await cli.run('models', 'show', 'default', '--json'),
    ]
    expect(byName.json()).toMatchObject({ model: 'crossres', default: true, dimension: 128 })
    expect(byAlias.json()).toEqual(byName.json())
    expect((await importAs('default', FOLDED)).json().error.reason).toBe('MODEL_NAME_RESERVED')
  })

  describe('refuses', () => {
    const refused = async (...args: string[]) => {
      const { code, stdout, json } = await cli.run('models', 'import', ...args, '--name', 'refused', '--json')
      expect(code, stdout).toBeGreaterThan(0)
      expect((await cli.run('models', 'show', 'refused', '--json')).json().error.reason).toBe('MODEL_NOT_FOUND')
      return { code, ...json().error }
    }

    it('a network exported in training mode, and says how to export it again', async () => {
      const error = await refused(BROKEN, '--preset', 'mobilefacenet')
      expect(error).toMatchObject({ code: 1, reason: 'MODEL_TRAINING_EXPORT', status: 'INVALID_ARGUMENT' })
      expect(error.message).toContain('51 BatchNormalization')
      expect(error.message).toMatch(/model\.eval\(\).*torch\.onnx\.export/)
    })

    it('a preset of another size, and names those that fit', async () => {
      const error = await refused(FOLDED, '--preset', 'vggface2-se-resnet-50')
      expect(error).toMatchObject({ code: 1, reason: 'MODEL_INPUT_MISMATCH' })
      expect(error.message).toContain('[?, 3, 112, 112]')
      expect(error.message).toContain('presets of that size: insightface, mobilefacenet, adaface')
    })

    it('a preset that it does not know, and names those that it does', async () => {
      const error = await refused(FOLDED, '--preset', 'vggface2')
      expect(error).toMatchObject({ code: 2, reason: 'USAGE' })
      expect(error.message).toContain('vggface2-se-resnet-50')
    })

    it('a file that is no network', async () => {
      const notes = join(folder, 'notes.txt')
      await writeFile(notes, 'These are notes, and nobody trained them.\n'.repeat(100))
      const error = await refused(notes, '--preset', 'mobilefacenet')
      expect(error).toMatchObject({ code: 1, reason: 'MODEL_CORRUPT' })
      expect(error.message).toContain('no ONNX model')
    })
  })
})
