import { expect, it } from 'vitest'
import { readEnvironment } from '../config/environment.js'

it('searches exactly unless told otherwise', () => {
  expect(readEnvironment({}).vectors).toEqual({ kind: 'exact' })
  expect(readEnvironment({ CROSSRES_VECTORS: 'hnsw' }).vectors).toEqual({ kind: 'hnsw' })
  const milvus = { CROSSRES_VECTORS: 'milvus', CROSSRES_MILVUS_ADDRESS: 'http://milvus:19530' }
  expect(readEnvironment(milvus).vectors).toEqual({ kind: 'milvus', address: 'http://milvus:19530', token: '' })
  const token = 'root:Milvus'
  expect(readEnvironment({ ...milvus, CROSSRES_MILVUS_TOKEN: token }).vectors).toMatchObject({ token })
})

it('names what is wrong or missing', () => {
  expect(() => readEnvironment({ CROSSRES_VECTORS: 'faiss' })).toThrow(/CROSSRES_VECTORS.*exact.*hnsw.*milvus/)
  expect(() => readEnvironment({ CROSSRES_VECTORS: 'milvus' })).toThrow(/set CROSSRES_MILVUS_ADDRESS/)
  const address = { CROSSRES_VECTORS: 'milvus', CROSSRES_MILVUS_ADDRESS: 'milvus:19530' }
  expect(() => readEnvironment(address)).toThrow(/CROSSRES_MILVUS_ADDRESS: expected http:/)
})
