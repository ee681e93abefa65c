import { credentials, Metadata as GrpcMetadata, Client as RawClient } from '@grpc/grpc-js'
import { Status } from 'nice-grpc'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { failureOf } from '../../libs/rpc/rpc-error.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

let stack: TestStack
let photograph: Buffer

beforeAll(async () => {
  stack = await startStack({ settings: { maxMessageBytes: 1024 * 1024 } })
  photograph = await samplePhotograph(1)
})
afterAll(() => stack.stop())

const content = (value: Uint8Array) => ({ source: { $case: 'content' as const, value: Buffer.from(value) } })
const embed = (value: Uint8Array) =>
  stack.clients.embedder.embed({ image: content(value), faces: FaceSelection.WHOLE_IMAGE })
const noise = (format: 'jpeg' | 'png' | 'webp') =>
  sharp({
    create: {
      width: 200,
      height: 200,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
    .toFormat(format)
    .toBuffer()
const truncated = async (format: 'jpeg' | 'png' | 'webp') => {
  const file = await noise(format)
  return file.subarray(0, file.length >> 1)
}
/** A PNG whose header states a size that no pixel data follow. */
const declared = async (width: number, height: number) => {
  const file = Buffer.from(
    await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  )
  file.writeUInt32BE(width, 16)
  file.writeUInt32BE(height, 20)
  // The header's checksum follows its data.
  const { crc32 } = await import('node:zlib')
  file.writeUInt32BE((crc32 as (data: Uint8Array) => number)(file.subarray(12, 29)), 29)
  return file
}
const vector = (values: number[], modelVersion: string) => ({
  input: {
    $case: 'embedding' as const,
    value: { values: Buffer.from(new Float32Array(values).buffer), dimension: values.length, modelVersion },
  },
})
const photo = () => ({ input: { $case: 'image' as const, value: content(photograph) }, faces: FaceSelection.LARGEST })
const ones = (n: number) => Array.from({ length: n }, () => 1)

/** Runs a call that must fail and says how. */
async function failure(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    const { status, reason, message } = failureOf(error)
    return { status: Status[status], reason, message }
  }
  throw new Error('the call succeeded')
}

describe('pictures that cannot be used', () => {
  const cases: [what: string, bytes: () => Promise<Uint8Array>, reason: string][] = [
    ['nothing', async () => Buffer.alloc(0), 'IMAGE_EMPTY'],
    ['half a JPEG', () => truncated('jpeg'), 'IMAGE_CORRUPT'],
    ['half a PNG', () => truncated('png'), 'IMAGE_CORRUPT'],
    ['half a WebP', () => truncated('webp'), 'IMAGE_CORRUPT'],
    ['a damaged PNG', async () => (await noise('png')).fill(0x55, 60, 400), 'IMAGE_CORRUPT'],
    [
      'a JPEG header and rubbish',
      async () => Buffer.concat([photograph.subarray(0, 20), Buffer.alloc(3000, 7)]),
      'IMAGE_CORRUPT',
    ],
    ['a declared 30,000 x 30,000 picture', () => declared(30_000, 30_000), 'IMAGE_TOO_LARGE'],
    [
      'an SVG',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'IMAGE_FORMAT_UNSUPPORTED',
    ],
    ['text', async () => Buffer.from('not a picture at all'), 'IMAGE_FORMAT_UNSUPPORTED'],
  ]
  it.each(cases)('%s', async (_, bytes, reason) => {
    const failed = await failure(embed(await bytes()))
    expect(failed).toMatchObject({ status: 'INVALID_ARGUMENT', reason })
    expect(failed.message).toMatch(/[a-z]{3,}.*[.:]/)
    expect(failed.message).not.toMatch(/\n|node_modules|at .*\.js/)
  })

  it('no picture', async () => {
    expect(await failure(stack.clients.embedder.embed({}))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'FIELD_MISSING',
    })
  })

  it('a picture without a face', async () => {
    const call = stack.clients.embedder.embed({ image: content(await noise('png')), faces: FaceSelection.LARGEST })
    expect(await failure(call)).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'FACE_NOT_FOUND' })
  })

  it('an object that is not there, and a uri that is none', async () => {
    const at = (value: string) => stack.clients.embedder.embed({ image: { source: { $case: 'uri', value } } })
    expect(await failure(at('object:images/nobody.jpg'))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'OBJECT_NOT_FOUND',
    })
    expect(await failure(at('object:../../etc/passwd'))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'OBJECT_KEY_INVALID',
    })
    expect(await failure(at('ftp://somewhere/x.jpg'))).toMatchObject({ status: 'INVALID_ARGUMENT' })
  })

  it('a given region without landmarks', async () => {
    const regions = [{ box: { x: 1, y: 1, width: 50, height: 50 }, landmarks: [] }]
    const call = stack.clients.embedder.embed({ image: content(photograph), faces: FaceSelection.GIVEN, regions })
    expect(await failure(call)).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' })
  })
})

describe('pictures that look odd and are fine', () => {
  it('one pixel', async () => {
    const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const answer = await embed(pixel)
    expect(answer.faces[0]?.face?.faceResolution).toBe(1)
  })

  it('an animated GIF: its first frame', async () => {
    const frames = Buffer.concat([Buffer.alloc(40 * 40 * 3, 10), Buffer.alloc(40 * 40 * 3, 240)])
    const gif = await sharp(frames, { raw: { width: 40, height: 80, channels: 3, pageHeight: 40 } })
      .gif()
      .toBuffer()
    const answer = await embed(gif)
    expect([answer.imageWidth, answer.imageHeight]).toEqual([40, 40])
  })
})

describe('embeddings and names that do not fit', () => {
  it('embeddings with NaN, of a wrong size, of another model', async () => {
    const { galleryIndex } = stack.clients
    const enrolled = await galleryIndex.enroll({
      gallery: 'galleries/bad',
      subjectId: 'one',
      faces: [photo()],
      createGallery: true,
    })
    expect(enrolled.outcomes).toHaveLength(1)
    const gallery = (await galleryIndex.getGallery({ name: 'galleries/bad' })).gallery
    const version = gallery?.modelVersion ?? ''
    expect(version).toMatch(/^models\/crossres\/versions\/[0-9a-f]{12}$/)
    const match = (probe: object) => failure(galleryIndex.match({ gallery: 'galleries/bad', probe: [probe] }))

    expect(await match(vector([Number.NaN, ...ones(127)], version))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'EMBEDDING_NOT_FINITE',
    })
    expect(await match(vector(ones(5), version))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'EMBEDDING_DIMENSION_MISMATCH',
    })
    expect(
      await match({
        input: { $case: 'embedding', value: { values: Buffer.alloc(7), dimension: 128, modelVersion: version } },
      }),
    ).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'EMBEDDING_DIMENSION_MISMATCH' })
    expect(await match(vector(ones(128), 'models/other/versions/0123456789ab'))).toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'EMBEDDING_MODEL_MISMATCH',
    })
    expect(await match({})).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'FIELD_MISSING' })
    const verify = galleryIndex.verify({
      reference: [vector(ones(128), version)],
      probe: [vector(ones(128), 'models/other/versions/0123456789ab')],
    })
    expect(await failure(verify)).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'EMBEDDING_MODEL_MISMATCH' })
  })

  it('galleries, subjects and models that are not there', async () => {
    const { galleryIndex, embedder } = stack.clients
    const probe = [photo()]
    expect(await failure(galleryIndex.match({ gallery: 'galleries/none', probe }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'GALLERY_NOT_FOUND',
    })
    expect(await failure(galleryIndex.getGallery({ name: 'galleries/none' }))).toMatchObject({ status: 'NOT_FOUND' })
    expect(await failure(galleryIndex.getSubject({ name: 'galleries/none/subjects/x' }))).toMatchObject({
      status: 'NOT_FOUND',
    })
    expect(await failure(galleryIndex.getSubject({ name: 'nonsense' }))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'NAME_INVALID',
    })
    await galleryIndex.createGallery({ galleryId: 'empty' })
    expect(await failure(galleryIndex.getSubject({ name: 'galleries/empty/subjects/x' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'SUBJECT_NOT_FOUND',
    })
    expect(await failure(galleryIndex.createGallery({ galleryId: 'empty' }))).toMatchObject({
      status: 'ALREADY_EXISTS',
      reason: 'GALLERY_ALREADY_EXISTS',
    })
    expect(await failure(galleryIndex.createGallery({ galleryId: 'a/b' }))).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'NAME_INVALID',
    })
    expect(await failure(embedder.embed({ image: content(photograph), model: 'models/none' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'MODEL_NOT_FOUND',
    })
    expect(
      await failure(galleryIndex.listSubjects({ gallery: 'galleries/empty', pageToken: 'rubbish' })),
    ).toMatchObject({
      status: 'INVALID_ARGUMENT',
      reason: 'PAGE_TOKEN_INVALID',
    })
  })

  it('decision targets out of range', async () => {
    const target = { target: { $case: 'targetFpir' as const, value: 2 } }
    const call = stack.clients.galleryIndex.match({ gallery: 'galleries/bad', probe: [photo()], target })
    expect(await failure(call)).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' })
  })
})

describe('calls that cannot be taken', () => {
  it('a message over the limit', async () => {
    expect(await failure(embed(Buffer.alloc(1_200_000)))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      reason: 'MESSAGE_TOO_LARGE',
    })
  })

  it('a message that is no protobuf', async () => {
    const raw = new RawClient(stack.address, credentials.createInsecure())
    const sent = new Promise<unknown>((resolve, reject) => {
      raw.makeUnaryRequest(
        '/crossres.v1.Embedder/Embed',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        new GrpcMetadata(),
        (error, answer) => (error ? reject(error) : resolve(answer)),
      )
    })
    await expect(sent).rejects.toMatchObject({ code: Status.INVALID_ARGUMENT })
    raw.close()
  })

  it('a deadline in the past', async () => {
    const call = stack.clients.embedder.embed(
      { image: content(photograph) },
      { deadline: new Date(Date.now() - 1_000) },
    )
    expect(await failure(call)).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
  })

  it('trainings and evaluations that are not there', async () => {
    const { trainer, evaluator } = stack.clients
    expect(await failure(trainer.getTraining({ name: 'trainings/x' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'TRAINING_NOT_FOUND',
    })
    expect(await failure(evaluator.getEvaluation({ name: 'evaluations/x' }))).toMatchObject({
      status: 'NOT_FOUND',
      reason: 'EVALUATION_NOT_FOUND',
    })
  })

  it('more calls than the server holds', async () => {
    const small = await startStack({ settings: { maxCalls: 4 } })
    try {
      const calls = await Promise.all(
        Array.from({ length: 40 }, () =>
          small.clients.embedder.embed({ image: content(photograph), faces: FaceSelection.WHOLE_IMAGE }).then(
            () => 'embedded',
            (error: unknown) => failureOf(error).reason,
          ),
        ),
      )
      expect(new Set(calls)).toEqual(new Set(['embedded', 'QUEUE_FULL']))
      expect((await small.clients.embedder.embed({ image: content(photograph) })).faces).toHaveLength(1)
    } finally {
      await small.stop()
    }
  })
})

it('serves on after all of it', async () => {
  const answer = await stack.clients.embedder.embed({ image: content(photograph), faces: FaceSelection.LARGEST })
  expect(answer.faces).toHaveLength(1)
  expect(answer.faces[0]?.embedding?.values).toHaveLength(128 * 4)
})
