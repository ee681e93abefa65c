import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newFolder, put } from '../../../libs/dataset/testing/sample-faces.js'
import { writeOnnx } from '../../../libs/onnx/write-onnx.js'
import { esrganGraph } from './esrgan-graph.js'
import { esrganArchive, fetchEsrgan } from './fetch-esrgan.js'
import { readEsrgan } from './read-esrgan.js'
import { generatedWeights } from './testing/generated-weights.js'

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The two files of a network as the package has them, of generated weights. */
function networkFiles(): Record<string, Buffer> {
  const weights: { name: string; shape: readonly number[]; dtype: string }[] = []
  const parts: Buffer[] = []
  esrganGraph((name, shape) => {
    const weight = generatedWeights(name, shape)
    weights.push({ name, shape, dtype: 'float32' })
    parts.push(Buffer.from(weight.data.buffer))
    return weight
  }, 2)
  const model = { format: 'layers-model', weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights }] }
  return {
    'package/package.json': Buffer.from('{}'),
    'package/models/x2/model.json': Buffer.from(JSON.stringify(model)),
    'package/models/x2/group1-shard1of1.bin': Buffer.concat(parts),
  }
}

async function archiveOf(files: Record<string, Buffer>): Promise<string> {
  const archive = pack()
  for (const [name, body] of Object.entries(files)) archive.entry({ name }, body)
  archive.finalize()
  const file = join(folder, 'package.tgz')
  await writeFile(file, gzipSync(await buffer(archive)))
  return file
}

describe('readEsrgan', () => {
  it('reads a network out of the package as npm packs it', async () => {
    const onnx = await readEsrgan(await archiveOf(networkFiles()), 2)
    expect(Buffer.compare(onnx, writeOnnx(esrganGraph(generatedWeights, 2)))).toBe(0)
  })

  it('says what is wrong with an archive', async () => {
    const files = networkFiles()
    const archive = await archiveOf(files)
    await expect(readEsrgan(archive, 4)).rejects.toMatchObject({
      reason: 'MODEL_WEIGHTS_INVALID',
      message: expect.stringContaining('package/models/x4/model.json'),
    })
    const binary = files['package/models/x2/group1-shard1of1.bin'] as Buffer
    const short = { ...files, 'package/models/x2/group1-shard1of1.bin': binary.subarray(0, 1000) }
    await expect(readEsrgan(await archiveOf(short), 2)).rejects.toMatchObject({ reason: 'MODEL_WEIGHTS_INVALID' })
    const whole = await readFile(archive)
    await writeFile(archive, whole.subarray(0, whole.length / 2))
    await expect(readEsrgan(archive, 2)).rejects.toMatchObject({ reason: 'MODEL_WEIGHTS_INVALID' })
  })
})

describe('fetchEsrgan', () => {
  it('takes no other archive than the published one', async () => {
    const archive = esrganArchive(folder)
    await put(dirname(archive), 'upscalerjs-esrgan-slim-1.0.0.tgz', await readFile(await archiveOf(networkFiles())))
    await expect(fetchEsrgan(folder)).rejects.toMatchObject({ reason: 'MODEL_WEIGHTS_UNKNOWN' })
    expect(await readdir(dirname(archive))).toEqual(['upscalerjs-esrgan-slim-1.0.0.tgz'])
  })
})
