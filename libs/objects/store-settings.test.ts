import { expect, it } from 'vitest'
import { readEnvironment } from '../config/environment.js'

const S3 = {
  CROSSRES_OBJECTS: 's3://faces',
  CROSSRES_S3_ENDPOINT: 'http://minio:9000',
  CROSSRES_S3_ACCESS_KEY: 'key',
  CROSSRES_S3_SECRET_KEY: 'very-secret',
}

it('keeps objects below the data folder, unless a bucket is named', () => {
  expect(readEnvironment({ CROSSRES_DATA: '/d' }).objects).toEqual({ kind: 'folder', folder: '/d/objects' })
  const bucket = { kind: 's3', region: 'us-east-1', accessKey: 'key', secretKey: 'very-secret', bucket: 'faces' }
  expect(readEnvironment(S3).objects).toEqual({ ...bucket, endpoint: 'http://minio:9000' })
  const elsewhere = {
    ...S3,
    CROSSRES_S3_ENDPOINT: 'https://s3.example.org/',
    CROSSRES_S3_PUBLIC_ENDPOINT: 'https://faces.example.org',
    CROSSRES_S3_REGION: 'eu-central-1',
  }
  expect(readEnvironment(elsewhere).objects).toEqual({
    ...bucket,
    endpoint: 'https://s3.example.org',
    publicEndpoint: 'https://faces.example.org',
    region: 'eu-central-1',
  })
})

it('says what is wrong, and no secret', () => {
  const { CROSSRES_S3_ENDPOINT: _, ...without } = S3
  expect(() => readEnvironment(without)).toThrow(/s3:\/\/faces: set CROSSRES_S3_ENDPOINT/)
  for (const wrong of ['minio:9000', 'http://minio:9000/path', 'ftp://minio', 'http://user:very-secret@minio']) {
    const read = () => readEnvironment({ ...S3, CROSSRES_S3_ENDPOINT: wrong })
    expect(read, wrong).toThrow(/CROSSRES_S3_ENDPOINT: expected http:/)
    expect(read, wrong).not.toThrow(/very-secret/)
  }
  for (const wrong of ['faces', 's3://', 's3://Faces', 's3://faces/images', 'file:///data']) {
    expect(() => readEnvironment({ ...S3, CROSSRES_OBJECTS: wrong }), wrong).toThrow(/CROSSRES_OBJECTS: expected s3:/)
  }
})
