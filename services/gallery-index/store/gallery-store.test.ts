import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { normalise } from '../../../libs/models/embedding.js'
import { fuse } from '../fuse.js'
import { createGalleryStore, type GalleryStore } from './gallery-store.js'
import type { NewFace, TemplatePolicy } from './records.js'

const MODEL = 'models/base/versions/0123456789ab'
const DAY = 24 * 3600 * 1000

let folder: string
let clock: number
let store: GalleryStore
const open = () => createGalleryStore({ folder, now: () => clock })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossres-store-'))
  clock = 1_700_000_000_000
  store = open()
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const face = (seed: number, source = `image-${seed}`): NewFace => ({
  embedding: normalise(Float32Array.of(Math.sin(seed), Math.cos(3 * seed), 1)),
  faceResolution: 8 + seed,
  detectionScore: 0.5,
  source,
})
const enrol = (subjectId: string, faces: NewFace[], rest: object = {}) =>
  store.enrol({ galleryId: 'staff', subjectId, modelVersion: MODEL, faces, ...rest })

async function allTemplates(galleryId: string) {
  const all = []
  for await (const batch of store.templates(galleryId)) all.push(...batch)
  return all
}

describe('galleries', () => {
  it('keeps what it was told, through a restart', async () => {
    const made = await store.createGallery({
      id: 'staff',
      displayName: 'Staff',
      model: 'models/m',
      templatePolicy: 'fused',
    })
    await enrol('Zoë', [face(1)], { displayName: 'Zoë Ö.', labels: { team: 'a', since: '2020' } })
    clock += 5
    await enrol('Zoë', [face(2)], { labels: { team: 'b' } })
    await store.close()
    store = open()
    const counts = { subjectCount: 1, faceCount: 2, modelVersion: MODEL, dimension: 3 }
    expect(store.getGallery('staff')).toEqual({ ...made, ...counts })
    expect(store.getSubject('staff', 'Zoë')).toEqual({
      id: 'Zoë',
      key: expect.any(Number),
      displayName: 'Zoë Ö.',
      labels: { team: 'b', since: '2020' },
      faceCount: 2,
      createTime: clock - 5,
      updateTime: clock,
    })
    expect(store.listFaces('staff', 'Zoë')).toEqual([
      { ...face(1), key: expect.any(Number), createTime: clock - 5 },
      { ...face(2), key: expect.any(Number), createTime: clock },
    ])
  })

  it.each(['', '.', '..', 'a/b', 'tab\t', 'x'.repeat(129), 'é'.repeat(65), '\u{1f600}'])(
    'refuses the id %j',
    async (id) => {
      await expect(store.createGallery({ id })).rejects.toMatchObject({ reason: 'NAME_INVALID' })
    },
  )

  it.each(['a', 'x'.repeat(128), "Seán O'Brien", 'José_Ñ.-1', '李小龍', 'मोहन'])('takes the id %j', async (id) => {
    await store.createGallery({ id })
    expect(store.getGallery(id).id).toBe(id)
  })

  it('refuses what does not exist or exists already', async () => {
    await store.createGallery({ id: 'staff' })
    await expect(store.createGallery({ id: 'staff' })).rejects.toMatchObject({ reason: 'GALLERY_ALREADY_EXISTS' })
    const notFound = { reason: 'GALLERY_NOT_FOUND' }
    expect(() => store.getGallery('none')).toThrow(expect.objectContaining(notFound))
    expect(() => store.listSubjects('none', { pageSize: 0, pageToken: '' })).toThrow(expect.objectContaining(notFound))
    await expect(store.deleteGallery('none', true)).rejects.toMatchObject(notFound)
    await expect(store.deleteSubject('staff', 'x')).rejects.toMatchObject({ reason: 'SUBJECT_NOT_FOUND' })
  })

  it('deletes a gallery with everything in it, and nothing of its neighbours', async () => {
    for (const id of ['staf', 'staff', 'staff ']) {
      await store.createGallery({ id })
      await store.enrol({ galleryId: id, subjectId: 's', modelVersion: MODEL, faces: [face(1)], request: { id: 'r' } })
    }
    await expect(store.deleteGallery('staff', false)).rejects.toMatchObject({ reason: 'GALLERY_NOT_EMPTY' })
    expect(await store.deleteGallery('staff', true)).toEqual({ subjects: 1, faces: 1 })
    await store.createGallery({ id: 'staff' })
    expect(await allTemplates('staff')).toEqual([])
    // Neither the source nor the request id is remembered.
    const again = await enrol('s', [face(1)], { request: { id: 'r' } })
    expect(again).toMatchObject({ repeated: false, faces: [{ alreadyPresent: false }] })
    for (const id of ['staf', 'staff ']) expect(store.listFaces(id, 's')).toHaveLength(1)
  })
})

describe('enrol', () => {
  beforeEach(() => store.createGallery({ id: 'staff' }))

  it('does not double an image of the same subject', async () => {
    const first = await enrol('a', [face(1), face(1)])
    const again = await enrol('a', [face(1), face(2)])
    const other = await enrol('b', [face(1)])
    expect(first.faces.map(({ alreadyPresent }) => alreadyPresent)).toEqual([false, true])
    expect(again.faces.map(({ alreadyPresent }) => alreadyPresent)).toEqual([true, false])
    expect(again.faces[0]?.key).toBe(first.faces[0]?.key)
    expect(again.changed.map(({ key }) => key)).toEqual([again.faces[1]?.key])
    expect(other.faces[0]?.alreadyPresent).toBe(false)
    expect(store.getGallery('staff').faceCount).toBe(3)
  })

  it('adds faces without a source each time', async () => {
    await enrol('a', [face(1, '')])
    expect((await enrol('a', [face(1, '')])).subject.faceCount).toBe(2)
  })

  it('answers a repeated request id with the first answer, also after a restart, also side by side', async () => {
    const request = { id: 'retry-1', encodeAnswer: () => Buffer.from('first') }
    const both = await Promise.all([enrol('a', [face(1, '')], { request }), enrol('a', [face(1, '')], { request })])
    expect(both.map(({ repeated }) => repeated)).toEqual([false, true])
    await store.close()
    store = open()
    const late = await enrol('a', [face(9, '')], {
      request: { id: 'retry-1', encodeAnswer: () => Buffer.from('second') },
    })
    expect(late).toMatchObject({ repeated: true, changed: [], subject: both[0].subject, faces: both[0].faces })
    expect(Buffer.from(late.answer ?? []).toString()).toBe('first')
    expect(Buffer.from(store.findAnswer('staff', 'retry-1') ?? []).toString()).toBe('first')
    expect(store.getSubject('staff', 'a').faceCount).toBe(1)
  })

  it('forgets request ids a week later, not before', async () => {
    await enrol('a', [face(1)], { request: { id: 'old', encodeAnswer: () => Buffer.from('x') } })
    clock += 6 * DAY
    await enrol('a', [face(2)], { request: { id: 'newer' } })
    expect(store.findAnswer('staff', 'old')).toBeDefined()
    clock += 2 * DAY
    await enrol('a', [face(3)], { request: { id: 'newest' } })
    expect(store.findAnswer('staff', 'old')).toBeUndefined()
    expect((await enrol('a', [face(4)], { request: { id: 'newer' } })).repeated).toBe(true)
  })

  it.each([
    ['EMBEDDING_MODEL_MISMATCH', { modelVersion: 'models/base/versions/ffffffffffff' }],
    ['EMBEDDING_DIMENSION_MISMATCH', { faces: [{ ...face(2), embedding: Float32Array.of(1, 0) }] }],
    ['EMBEDDING_DIMENSION_MISMATCH', { faces: [face(2), { ...face(3), embedding: Float32Array.of(1, 0) }] }],
    ['EMBEDDING_NOT_FINITE', { faces: [face(2), { ...face(3), embedding: Float32Array.of(1, Number.NaN, 0) }] }],
    ['FIELD_MISSING', { faces: [] }],
    ['NAME_INVALID', { subjectId: 'a/b' }],
    ['FIELD_INVALID', { request: { id: '' } }],
    ['GALLERY_NOT_FOUND', { galleryId: 'none' }],
  ])('refuses with %s and changes nothing', async (reason, wrong) => {
    await enrol('a', [face(1)])
    const before = [store.getGallery('staff'), await allTemplates('staff')]
    await expect(enrol('a', [face(2)], wrong)).rejects.toMatchObject({ reason })
    expect([store.getGallery('staff'), await allTemplates('staff')]).toEqual(before)
  })

  it('leaves nothing of an enrolment that fails half-way, and does not harm those beside it', async () => {
    const failing = () => {
      throw new Error('cannot encode')
    }
    const results = await Promise.allSettled([
      enrol('a', [face(1)]),
      enrol('b', [face(2)], { request: { id: 'r', encodeAnswer: failing } }),
      enrol('c', [face(3)]),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await allTemplates('staff')).map(({ subjectId }) => subjectId)).toEqual(['a', 'c'])
    expect(store.getGallery('staff')).toMatchObject({ subjectCount: 2, faceCount: 2 })
    expect((await enrol('b', [face(2)], { request: { id: 'r' } })).faces[0]?.alreadyPresent).toBe(false)
  })

  it('keeps faces and gives out one fused template where the policy says so', async () => {
    await store.createGallery({ id: 'fused', templatePolicy: 'fused' })
    const rest = { galleryId: 'fused' }
    await enrol('a', [face(1), face(2)], rest)
    const { changed, subject } = await enrol('a', [face(3), face(1)], rest)
    const expected = fuse([1, 2, 3].map((seed) => face(seed).embedding))
    expect(changed).toEqual([{ key: subject.key, subjectId: 'a', embedding: expected }])
    expect(await allTemplates('fused')).toEqual(changed)
    expect(store.listFaces('fused', 'a')).toHaveLength(3)
    expect(await store.deleteSubject('fused', 'a')).toEqual({ templateKeys: [subject.key], faces: 3 })
  })
})

describe('lists', () => {
  it('walks pages of any size without gap or repetition, in the order of the bytes', async () => {
    await store.createGallery({ id: 'staff' })
    await store.createGallery({ id: 'staff2' })
    const ids = ['b', 'a', 'Ä', '李', '𝒳', 'a b', 'a-b', '10', '9', "O'x"]
    await Promise.all(ids.map((id, i) => enrol(id, [face(i)])))
    await enrol('other', [face(1)], { galleryId: 'staff2' })
    const sorted = [...ids].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    for (const pageSize of [1, 3, ids.length, 0]) {
      const seen: string[] = []
      let pageToken = ''
      do {
        const page = store.listSubjects('staff', { pageSize, pageToken })
        expect(page.items.length).toBeGreaterThan(0)
        seen.push(...page.items.map(({ id }) => id))
        pageToken = page.nextPageToken
      } while (pageToken !== '')
      expect(seen).toEqual(sorted)
    }
    const first = store.listGalleries({ pageSize: 1, pageToken: '' })
    expect(first.items.map(({ id }) => id)).toEqual(['staff'])
    expect(store.listGalleries({ pageSize: 1, pageToken: first.nextPageToken }).items[0]?.id).toBe('staff2')
    expect(() => store.listSubjects('staff', { pageSize: 1, pageToken: 'x' })).toThrow(
      expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' }),
    )
  })
})

type Step =
  | { kind: 'enrol'; subject: string; seeds: number[]; request: string }
  | { kind: 'delete'; subject: string }
  | { kind: 'restart' }

describe('the store against a plain model', () => {
  const subject = fc.constantFrom('a', 'b', 'ab', 'c d')
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('enrol' as const),
        subject,
        seeds: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
        request: fc.constantFrom('', '', 'r1', 'r2'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), subject }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  )

  it.each<TemplatePolicy>(['every', 'fused'])(
    'agrees after any sequence of steps, policy %s',
    async (templatePolicy) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          await store.createGallery({ id: 'staff', templatePolicy })
          const model = new Map<string, number[]>()
          const requests = new Set<string>()
          for (const each of steps) {
            if (each.kind === 'restart') {
              await store.close()
              store = open()
            } else if (each.kind === 'delete') {
              const deleting = store.deleteSubject('staff', each.subject)
              if (model.has(each.subject)) expect((await deleting).faces).toBe(model.get(each.subject)?.length)
              else await expect(deleting).rejects.toMatchObject({ reason: 'SUBJECT_NOT_FOUND' })
              model.delete(each.subject)
            } else {
              const request = each.request && { request: { id: each.request } }
              const { repeated } = await enrol(
                each.subject,
                each.seeds.map((seed) => face(seed)),
                request || {},
              )
              expect(repeated).toBe(requests.has(each.request))
              if (each.request) requests.add(each.request)
              if (!repeated) model.set(each.subject, [...new Set([...(model.get(each.subject) ?? []), ...each.seeds])])
            }
          }
          const ids = [...model.keys()].sort()
          const embeddings = ids.map((id) => (model.get(id) ?? []).map((seed) => face(seed).embedding))
          expect(store.listSubjects('staff', { pageSize: 0, pageToken: '' }).items.map(({ id }) => id)).toEqual(ids)
          expect((await allTemplates('staff')).map((template) => [template.subjectId, template.embedding])).toEqual(
            ids.flatMap((id, i) => {
              const own = embeddings[i] as Float32Array[]
              return (templatePolicy === 'fused' ? [fuse(own)] : own).map((embedding) => [id, embedding])
            }),
          )
          const faceCount = embeddings.reduce((sum, own) => sum + own.length, 0)
          expect(store.getGallery('staff')).toMatchObject({ subjectCount: ids.length, faceCount })
          await store.deleteGallery('staff', true)
        }),
        { numRuns: 40 },
      )
    },
  )
})
