import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { partsOf } from './s3-parts.js'

async function cut(body: Uint8Array | Readable): Promise<[string, boolean][]> {
  const parts: [string, boolean][] = []
  for await (const { bytes, last } of partsOf(body, 4)) parts.push([bytes.toString(), last])
  return parts
}

it('cuts bytes and streams alike, and knows the last part', async () => {
  const bodies: [string[], [string, boolean][]][] = [
    [[''], [['', true]]],
    [['abc'], [['abc', true]]],
    [['abcd'], [['abcd', true]]],
    [
      ['abcde'],
      [
        ['abcd', false],
        ['e', true],
      ],
    ],
    [
      ['ab', 'c', 'def', 'ghijklmnop'],
      [
        ['abcd', false],
        ['efgh', false],
        ['ijkl', false],
        ['mnop', true],
      ],
    ],
  ]
  for (const [chunks, parts] of bodies) {
    expect(await cut(Buffer.from(chunks.join('')))).toEqual(parts)
    expect(await cut(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))).toEqual(parts)
  }
})

it('leaves a stream closed that is not read to its end', async () => {
  const body = Readable.from(['abcdefgh', 'ij'])
  for await (const _part of partsOf(body, 4)) break
  expect(body.destroyed).toBe(true)
})
