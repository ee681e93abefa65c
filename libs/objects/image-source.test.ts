import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFolderObjectStore } from './folder.js'
import { createImageSource, type ImageSource } from './image-source.js'

let folder: string
let images: ImageSource
let ofBucket: ImageSource
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-images-'))
  const objects = await createFolderObjectStore({ folder })
  await objects.put('images/one.jpg', Buffer.from('a picture'))
  images = createImageSource(objects)
  ofBucket = createImageSource({ ...objects, bucket: 'faces' })
})
afterAll(() => rm(folder, { recursive: true }))

const uri = (value: string) => ({ source: { $case: 'uri' as const, value } })

it('gives the content of a message, or the object that it points to', async () => {
  const content = Buffer.from('sent along')
  expect(await images.read({ source: { $case: 'content', value: content } })).toEqual(content)
  expect(await images.read(uri('object:images/one.jpg'))).toEqual(Buffer.from('a picture'))
  expect(await ofBucket.read(uri('s3://faces/images/one.jpg'))).toEqual(Buffer.from('a picture'))
})

it('says why there is no picture', async () => {
  await expect(images.read(undefined)).rejects.toMatchObject({ reason: 'FIELD_MISSING' })
  await expect(images.read({ source: undefined })).rejects.toMatchObject({ reason: 'FIELD_MISSING' })
  await expect(images.read(uri('object:images/two.jpg'))).rejects.toMatchObject({ reason: 'OBJECT_NOT_FOUND' })
  await expect(images.read(uri('s3://bucket/one.jpg'))).rejects.toMatchObject({ reason: 'URI_UNSUPPORTED' })
  await expect(ofBucket.read(uri('s3://others/images/one.jpg'))).rejects.toMatchObject({ reason: 'URI_UNSUPPORTED' })
  await expect(images.read(uri('object:../secret'))).rejects.toMatchObject({ reason: 'OBJECT_KEY_INVALID' })
})

it('reads nothing for a caller who has left', async () => {
  await expect(images.read(uri('object:images/one.jpg'), AbortSignal.abort())).rejects.toThrow(/abort/i)
})
