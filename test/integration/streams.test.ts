import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection, type ItemError } from '../../gen/crossres/v1/common.js'
import { type DownsampleRequest, DownsampleStreamRequest, VariantSize } from '../../gen/crossres/v1/downsampler.js'
import { type DeepPartial, type EmbedRequest, EmbedStreamRequest } from '../../gen/crossres/v1/embedder.js'
import {
  type EnrollRequest,
  EnrollStreamRequest,
  type MatchRequest,
  MatchStreamRequest,
} from '../../gen/crossres/v1/gallery_index.js'
import { decodeImage } from '../../libs/image/decode.js'
import { degrade, downsample } from '../../libs/image/degrade.js'
import { decodeEmbedding } from '../../libs/models/embedding.js'
import { collect, inTurn } from '../fixtures/calls.js'
import { cosine } from '../fixtures/cosine.js'
import { axes, content, embeddingInput, largestFaceOf } from '../fixtures/face-inputs.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { startStack, type TestStack } from '../fixtures/start-stack.js'

let stack: TestStack
let photographs: Buffer[]
let modelVersion: string
beforeAll(async () => {
  stack = await startStack()
  photographs = await Promise.all([1, 2, 3].map(samplePhotograph))
  modelVersion = (await stack.clients.embedder.getModel({})).model?.name ?? ''
})
afterAll(() => stack.stop())

/** A PNG of noise, which no compression makes small. */
const noise = (width: number, height = width) =>
  sharp({
    create: { width, height, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 128, sigma: 50 } },
  })
    .png()
    .toBuffer()

const embedItem = (requestId: string, request: DeepPartial<EmbedRequest> | undefined) =>
  EmbedStreamRequest.fromPartial({ requestId, ...(request && { request }) })
const downsampleItem = (requestId: string, request: DeepPartial<DownsampleRequest>) =>
  DownsampleStreamRequest.fromPartial({ requestId, request })
const enrolItem = (requestId: string, request: DeepPartial<EnrollRequest> | undefined) =>
  EnrollStreamRequest.fromPartial({ requestId, ...(request && { request }) })
const matchItem = (requestId: string, request: DeepPartial<MatchRequest>) =>
  MatchStreamRequest.fromPartial({ requestId, request })

interface Answer {
  readonly requestId: string
  readonly result?: { readonly $case: 'response' } | { readonly $case: 'error'; readonly value: ItemError } | undefined
}
/** `id` of an answer, with the reason where it failed. */
const summary = ({ requestId, result }: Answer) =>
  result?.$case === 'error' ? `${requestId}: ${result.value.reason}` : requestId

describe('EmbedStream', () => {
  it('answers in the order of the requests, whatever their sizes; a bad item fails alone', async () => {
    const sizes = [900, 8, 500, 1, 700, 20, 8, 300]
    const requests: EmbedStreamRequest[] = []
    for (const [index, size] of sizes.entries()) {
      const image = content(await noise(size))
      requests.push(embedItem(`${index}`, { image, faces: FaceSelection.WHOLE_IMAGE }))
    }
    requests.splice(0, 0, embedItem('none', undefined))
    requests.splice(3, 0, embedItem('rubbish', { image: content(Buffer.from('rubbish')) }))
    requests.push(embedItem('no face', { image: content(await noise(60)) }))
    requests.push(embedItem('no model', { image: content(await noise(8)), model: 'models/nobody' }))
    const answers = await collect(stack.clients.embedder.embedStream(inTurn(requests)))
    expect(answers.map(summary)).toEqual([
      'none: FIELD_MISSING',
      '0',
      '1',
      'rubbish: IMAGE_FORMAT_UNSUPPORTED',
      ...sizes.slice(2).map((_, index) => String(index + 2)),
      'no face: FACE_NOT_FOUND',
      'no model: MODEL_NOT_FOUND',
    ])
    const widths = answers.map(({ result }) => (result?.$case === 'response' ? result.value.imageWidth : 0))
    expect(widths.filter((width) => width > 0)).toEqual(sizes)
  })

  it('says of a picture the same as Embed does', async () => {
    const request = { image: content(photographs[0] as Buffer), faces: FaceSelection.LARGEST }
    const [answer] = await collect(stack.clients.embedder.embedStream(inTurn([embedItem('one', request)])))
    const alone = await stack.clients.embedder.embed(request)
    expect(answer?.result?.$case === 'response' && answer.result.value.faces[0]?.face).toEqual(alone.faces[0]?.face)
  })

  it('answers each request of a client that waits for the answer before it goes on', async () => {
    const requests = new PassThrough({ objectMode: true })
    const answers = stack.clients.embedder.embedStream(requests)[Symbol.asyncIterator]()
    for (const id of ['a', 'b', 'c']) {
      requests.write(embedItem(id, { image: content(await noise(8)), faces: FaceSelection.WHOLE_IMAGE }))
      expect((await answers.next()).value).toMatchObject({ requestId: id, result: { $case: 'response' } })
    }
    requests.end()
    expect(await answers.next()).toMatchObject({ done: true })
  })

  it('finds everybody on a group photograph, largest first', async () => {
    const heights = [420, 700, 280]
    const people = await Promise.all(
      photographs.map((file, index) =>
        sharp(file)
          .resize({ height: heights[index] as number })
          .png()
          .toBuffer(),
      ),
    )
    const widths = await Promise.all(people.map(async (file) => (await sharp(file).metadata()).width))
    const width = widths.reduce((sum, value) => sum + value, 0)
    const group = await sharp({ create: { width, height: 700, channels: 3, background: '#888' } })
      .composite(
        people.map((input, index) => ({
          input,
          top: 0,
          left: widths.slice(0, index).reduce((sum, value) => sum + value, 0),
        })),
      )
      .png()
      .toBuffer()
    const { embedder } = stack.clients
    const [answer] = await collect(
      embedder.embedStream(inTurn([embedItem('group', { image: content(group), faces: FaceSelection.ALL })])),
    )
    const faces = answer?.result?.$case === 'response' ? answer.result.value.faces : []
    const areas = faces.map(({ face }) => (face?.region?.box?.width ?? 0) * (face?.region?.box?.height ?? 0))
    expect(areas.length).toBeGreaterThanOrEqual(3)
    expect(areas).toEqual([...areas].sort((a, b) => b - a))

    // Each of the three is found, and is most like its own photograph.
    const found = faces.map(({ embedding }) => decodeEmbedding(embedding as never))
    for (const photograph of photographs) {
      const own = await embedder.embed({ image: content(photograph), faces: FaceSelection.LARGEST })
      const vector = decodeEmbedding(own.faces[0]?.embedding as never)
      expect(Math.max(...found.map((other) => cosine(vector, other)))).toBeGreaterThan(0.95)
    }

    const two = await embedder.embed({ image: content(group), faces: FaceSelection.ALL, maxFaces: 2 })
    expect(two.faces.map(({ face }) => face?.region?.box)).toEqual(
      faces.slice(0, 2).map(({ face }) => face?.region?.box),
    )
    const nobody = await embedder.embed({ image: content(await noise(100)), faces: FaceSelection.ALL })
    expect(nobody.faces).toEqual([])
  })
})

describe('DownsampleStream', () => {
  it('makes exactly the pictures that the library makes, in order', async () => {
    const files = [await noise(90, 61), photographs[0] as Buffer, await noise(7), await noise(40, 200)]
    const resolutions = [24, 8]
    const wanted = files.flatMap((file) => [
      { file, size: VariantSize.RESTORED, make: degrade },
      { file, size: VariantSize.SMALL, make: downsample },
    ])
    const requests = wanted.map(({ file, size }, index) =>
      downsampleItem(`${index}`, { image: content(file), resolutions, size }),
    )
    requests.splice(2, 0, downsampleItem('zero', { image: content(await noise(9)), resolutions: [0] }))
    requests.splice(4, 0, downsampleItem('half', { image: content((await noise(9)).subarray(0, 60)), resolutions }))
    const answers = await collect(stack.clients.downsampler.downsampleStream(inTurn(requests)))
    expect(answers.map(summary)).toEqual([
      '0',
      '1',
      'zero: FIELD_INVALID',
      '2',
      'half: IMAGE_CORRUPT',
      '3',
      '4',
      '5',
      '6',
      '7',
    ])
    const made = answers.flatMap(({ result }) => (result?.$case === 'response' ? [result.value.variants] : []))
    for (const [index, { file, make }] of wanted.entries()) {
      const source = await decodeImage(file)
      for (const [variant, resolution] of resolutions.entries()) {
        const expected = make(source, resolution)
        const answered = made[index]?.[variant]
        const { width, height } = expected
        const degraded = Math.min(source.width, source.height) > resolution
        expect(answered).toMatchObject({ resolution, width, height, degraded })
        const picture = await decodeImage(answered?.png ?? Buffer.alloc(0))
        expect({ width: picture.width, height: picture.height }).toEqual({ width, height })
        expect(Buffer.compare(picture.data, expected.data)).toBe(0)
      }
    }
  })

  it('is held back by a slow reader: the server takes in a few pictures, not all', async () => {
    const items = 500
    const file = await noise(120)
    let sent = 0
    const requests = async function* () {
      while (sent < items) {
        sent += 1
        yield downsampleItem(String(sent), { image: content(file), resolutions: [100], size: VariantSize.SMALL })
      }
    }
    const answers = stack.clients.downsampler.downsampleStream(requests())[Symbol.asyncIterator]()
    expect((await answers.next()).value).toMatchObject({ requestId: '1' })
    // Until nothing moves any more.
    for (let before = -1; before !== sent; await sleep(300)) before = sent
    expect(sent).toBeLessThan(items / 4)
    const rest = await collect({ [Symbol.asyncIterator]: () => answers })
    expect(rest.map(summary)).toEqual(Array.from({ length: items - 1 }, (_, index) => String(index + 2)))
  })
})

describe('EnrollStream and MatchStream', () => {
  const gallery = 'galleries/streamed'

  it('enrol and find in the order of the requests; a bad item fails alone', async () => {
    const { galleryIndex } = stack.clients
    const enrolments = Array.from({ length: 60 }, (_, index) =>
      enrolItem(`e${index}`, {
        gallery,
        subjectId: `subject-${index}`,
        faces: [embeddingInput(axes(index, index + 1), modelVersion)],
        createGallery: true,
      }),
    )
    enrolments.splice(
      10,
      0,
      enrolItem('photograph', {
        gallery,
        subjectId: 'photographed',
        faces: [largestFaceOf(photographs[1] as Buffer)],
        createGallery: true,
      }),
    )
    enrolments.splice(20, 0, enrolItem('name', { gallery, subjectId: 'a/b', faces: [] }))
    enrolments.splice(30, 0, enrolItem('empty', undefined))
    enrolments.splice(
      40,
      0,
      enrolItem('other', {
        gallery,
        subjectId: 'other',
        faces: [embeddingInput(axes(0), 'models/other/versions/0123456789ab')],
        createGallery: true,
      }),
    )
    const enrolled = await collect(galleryIndex.enrollStream(inTurn(enrolments)))
    const failures: Record<string, string> = {
      name: 'NAME_INVALID',
      empty: 'FIELD_MISSING',
      other: 'EMBEDDING_MODEL_MISMATCH',
    }
    const idOrFailure = ({ requestId }: { requestId: string }) =>
      failures[requestId] ? `${requestId}: ${failures[requestId]}` : requestId
    expect(enrolled.map(summary)).toEqual(enrolments.map(idOrFailure))
    expect((await galleryIndex.getGallery({ name: gallery })).gallery?.subjectCount).toBe(61n)

    const searches = Array.from({ length: 60 }, (_, index) =>
      matchItem(`m${index}`, { gallery, probe: [embeddingInput(axes(index, index + 1), modelVersion)] }),
    )
    searches.splice(5, 0, matchItem('photograph', { gallery, probe: [largestFaceOf(photographs[1] as Buffer)] }))
    searches.splice(7, 0, matchItem('blank', { gallery, probe: [largestFaceOf(await noise(50))] }))
    searches.splice(9, 0, matchItem('elsewhere', { gallery: 'galleries/nowhere', probe: [] }))
    const found = await collect(galleryIndex.matchStream(inTurn(searches)))
    const expected = searches.map(({ requestId }) => {
      if (requestId === 'blank') return 'blank: FACE_NOT_FOUND'
      if (requestId === 'elsewhere') return 'elsewhere: GALLERY_NOT_FOUND'
      return requestId
    })
    expect(found.map(summary)).toEqual(expected)
    for (const { requestId, result } of found) {
      if (result?.$case !== 'response') continue
      const subject = requestId === 'photograph' ? 'photographed' : `subject-${requestId.slice(1)}`
      expect(result.value.candidates[0]).toMatchObject({ subject: `${gallery}/subjects/${subject}`, rank: 1 })
      expect(result.value.candidates[0]?.score).toBeCloseTo(1, 5)
    }
  })
})
