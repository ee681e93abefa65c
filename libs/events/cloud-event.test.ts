import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decode, encode, eventOf } from './cloud-event.js'
import type { StoredMessage } from './event-link.js'

const message = (headers: Record<string, string>): StoredMessage => ({
  stream: 'CROSSRES',
  sequence: 7,
  subject: 'crossres.v1.image.stored',
  headers: new Map(Object.entries(headers)),
  data: Buffer.from('x'),
  time: new Date(5_000),
})

it('carries any text in a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(encode(text)).toMatch(/^[\x21-\x7e]*$/)
      expect(decode(encode(text))).toBe(text)
    }),
  )
})

it('carries half of a pair of surrogates as the sign for what cannot be read', () => {
  expect(decode(encode('a\u{1f600}'.slice(0, 2)))).toBe('a\u{fffd}')
})

it('encodes what CloudEvents says, and nothing else', () => {
  expect(encode('galleries/g "€" 100%')).toBe('galleries/g%20%22%E2%82%AC%22%20100%25')
})

it('leaves a header as it stands that is not encoded', () => {
  expect(decode('100% sure')).toBe('100% sure')
})

it('takes from the stream what a message does not say of itself', () => {
  expect(eventOf(message({}))).toEqual({
    type: 'crossres.v1.image.stored',
    id: 'CROSSRES-7',
    subject: '',
    time: new Date(5_000),
    data: Buffer.from('x'),
  })
  expect(eventOf(message({ 'ce-time': 'yesterday', 'ce-id': 'a' }))).toMatchObject({ id: 'a', time: new Date(5_000) })
})
