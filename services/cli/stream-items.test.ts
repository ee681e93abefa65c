import { expect, it } from 'vitest'
import type { ItemError } from '../../gen/crossres/v1/common.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { streamItems } from './stream-items.js'

interface Sent {
  requestId: string
  request: string
}

type Answer = { requestId: string } & {
  result: { $case: 'response'; value: string } | { $case: 'error'; value: ItemError }
}

/** Answers in order, refuses `refused`. */
async function* echo(requests: AsyncIterable<Sent>): AsyncGenerator<Answer> {
  for await (const { requestId, request } of requests) {
    yield request === 'refused'
      ? {
          requestId,
          result: {
            $case: 'error' as const,
            value: { code: 3, reason: 'FIELD_INVALID', message: 'No.', metadata: {} },
          },
        }
      : { requestId, result: { $case: 'response' as const, value: request.toUpperCase() } }
  }
}

const readable = async (item: string) => {
  if (item === 'unreadable') throw new DomainError('IMAGE_EMPTY', 'Empty.')
  return item
}

const collect = async (items: readonly string[]) => {
  const seen: string[] = []
  for await (const outcome of streamItems(items, readable, echo)) {
    seen.push(`${outcome.item}:${'response' in outcome ? outcome.response : outcome.failure.reason}`)
  }
  return seen
}

it('answers in the order of the items, whether they were sent, refused or never left', async () => {
  expect(await collect(['unreadable', 'a', 'refused', 'unreadable', 'b', 'unreadable'])).toEqual([
    'unreadable:IMAGE_EMPTY',
    'a:A',
    'refused:FIELD_INVALID',
    'unreadable:IMAGE_EMPTY',
    'b:B',
    'unreadable:IMAGE_EMPTY',
  ])
})

it('answers nothing for nothing, and fails where the stream fails', async () => {
  expect(await collect([])).toEqual([])
  const broken = async () => {
    for await (const _ of streamItems(['a'], readable, async function* (requests) {
      for await (const _ of requests) throw new Error('gone')
      yield* echo(requests)
    })) {
      // The stream ends before an answer.
    }
  }
  await expect(broken()).rejects.toThrow('gone')
})
