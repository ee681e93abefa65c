import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type BusEvent, type EventBus, PoisonError } from './event-bus.js'
import { testEvent as event, until } from './testing/events.js'

/** What every event bus must do; `makeBus` gives one that tries an event three times. */
export function eventBusContract(name: string, makeBus: () => Promise<EventBus>): void {
  describe(`event bus: ${name}`, () => {
    it('delivers every event of a type to every consumer', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      await bus.subscribe('crossres.v1.test.happened', 'one', async ({ id, data }) => {
        seen.push(`one:${id}:${Buffer.from(data)}`)
      })
      await bus.subscribe('crossres.v1.test.happened', 'two', async ({ id, subject }) => {
        seen.push(`two:${id}:${subject}`)
      })
      await bus.publish(event('a'))
      await bus.publish(event('b', 'crossres.v1.test.other'))
      await until(() => seen.length === 2)
      expect(seen.sort()).toEqual(['one:a:a', 'two:a:galleries/g/subjects/s'])
      await bus.close()
    })

    it('shares the events among subscriptions of one consumer', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      for (const _ of [1, 2]) {
        await bus.subscribe('crossres.v1.test.happened', 'shared', async ({ id }) => {
          seen.push(id)
        })
      }
      for (const id of ['a', 'b', 'c', 'd']) await bus.publish(event(id))
      await until(() => seen.length >= 4)
      await sleep(20)
      expect(seen.sort()).toEqual(['a', 'b', 'c', 'd'])
      await bus.close()
    })

    it('delivers an id once', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      await bus.subscribe('crossres.v1.test.happened', 'c', async ({ id }) => {
        seen.push(id)
      })
      await bus.publish(event('a'))
      await bus.publish(event('a'))
      await bus.publish(event('b'))
      await until(() => seen.includes('b'))
      expect(seen).toEqual(['a', 'b'])
      await bus.close()
    })

    it('tries again what failed, and says which try it is', async () => {
      const bus = await makeBus()
      const attempts: number[] = []
      await bus.subscribe('crossres.v1.test.happened', 'c', async (_, { attempt }) => {
        attempts.push(attempt)
        if (attempt < 3) throw new Error('not yet')
      })
      await bus.publish(event('a'))
      await until(() => attempts.length === 3)
      expect(attempts).toEqual([1, 2, 3])
      expect(await bus.deadLetters()).toEqual([])
      await bus.close()
    })

    it('gives up after the last try, which it says is the last, keeps the event with its reason, and goes on', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      const lasts: boolean[] = []
      await bus.subscribe('crossres.v1.test.happened', 'c', async ({ id }, { last }) => {
        if (id === 'bad') {
          lasts.push(last)
          throw new Error('cannot')
        }
        seen.push(id)
      })
      await bus.publish(event('bad'))
      await bus.publish(event('good'))
      await until(async () => (await bus.deadLetters()).length === 1)
      await until(() => seen.length === 1)
      expect((await bus.deadLetters())[0]).toMatchObject({
        consumer: 'c',
        reason: 'cannot',
        attempts: 3,
        event: { id: 'bad' },
      })
      expect(lasts).toEqual([false, false, true])
      await bus.close()
    })

    it('does not try poison again', async () => {
      const bus = await makeBus()
      let tries = 0
      await bus.subscribe('crossres.v1.test.happened', 'c', async () => {
        tries += 1
        throw new PoisonError('no picture')
      })
      await bus.publish(event('a'))
      await until(async () => (await bus.deadLetters()).length === 1)
      expect(tries).toBe(1)
      await bus.close()
    })

    it('delivers a dead letter again when asked, once', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      let able = false
      await bus.subscribe('crossres.v1.test.happened', 'c', async ({ id, data }) => {
        if (!able) throw new PoisonError('not able')
        seen.push(`${id}:${Buffer.from(data)}`)
      })
      await bus.publish(event('a'))
      await until(async () => (await bus.deadLetters()).length === 1)
      const [letter] = await bus.deadLetters()
      able = true
      await bus.replay(letter?.id ?? '')
      await until(() => seen.length === 1)
      expect(seen).toEqual(['a:a'])
      expect(await bus.deadLetters()).toEqual([])
      await expect(bus.replay(letter?.id ?? '')).rejects.toMatchObject({ reason: 'DEAD_LETTER_NOT_FOUND' })
      await bus.close()
    })

    it('makes a new dead letter of one that fails again', async () => {
      const bus = await makeBus()
      await bus.subscribe('crossres.v1.test.happened', 'c', async () => {
        throw new PoisonError('never able')
      })
      await bus.publish(event('a'))
      await until(async () => (await bus.deadLetters()).length === 1)
      const id = (await bus.deadLetters())[0]?.id ?? ''
      await bus.replay(id)
      await until(async () => (await bus.deadLetters()).some((letter) => letter.id !== id))
      expect(await bus.deadLetters()).toMatchObject([{ event: { id: 'a' }, reason: 'never able' }])
      await bus.close()
    })

    it('forgets a dead letter when asked', async () => {
      const bus = await makeBus()
      await bus.subscribe('crossres.v1.test.happened', 'c', async ({ id }) => {
        throw new PoisonError(id)
      })
      await bus.publish(event('a'))
      await until(async () => (await bus.deadLetters()).length === 1)
      await bus.publish(event('b'))
      await until(async () => (await bus.deadLetters()).length === 2)
      await bus.discard((await bus.deadLetters())[0]?.id ?? '')
      expect((await bus.deadLetters()).map(({ reason }) => reason)).toEqual(['b'])
      await expect(bus.discard('no-such')).rejects.toMatchObject({ reason: 'DEAD_LETTER_NOT_FOUND' })
      await bus.close()
    })

    it('gives every transient consumer all events, whatever its name', async () => {
      const bus = await makeBus()
      const seen: string[] = []
      const subscribe = (replica: string) =>
        bus.subscribe(
          'crossres.v1.test.happened',
          'replica',
          async ({ id }) => {
            seen.push(`${replica}:${id}`)
          },
          { transient: true },
        )
      const one = await subscribe('one')
      await subscribe('two')
      await bus.publish(event('a'))
      await until(() => seen.length === 2)
      await one.close()
      await bus.publish(event('b'))
      await until(() => seen.length === 3)
      expect(seen.sort()).toEqual(['one:a', 'two:a', 'two:b'])
      await bus.close()
    })

    it('carries all of an event', async () => {
      const bus = await makeBus()
      const sent: BusEvent = {
        type: 'crossres.v1.test.happened',
        id: 'an id / with "anything" 100 % änd more',
        subject: 'galleries/g/subjects/Zoë\r\nce-id: forged',
        time: new Date(1_234_567_890_123),
        data: Buffer.from([0, 255, 13, 10, 0]),
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      }
      const seen: BusEvent[] = []
      await bus.subscribe('crossres.v1.test.happened', 'c', async (one) => {
        seen.push({ ...one, data: Buffer.from(one.data) })
      })
      await bus.publish(sent)
      await until(() => seen.length === 1)
      expect(seen).toEqual([sent])
      await bus.close()
    })

    it('ends the work at hand before it closes', async () => {
      const bus = await makeBus()
      let done = false
      let started = false
      await bus.subscribe('crossres.v1.test.happened', 'c', async () => {
        started = true
        await sleep(30)
        done = true
      })
      await bus.publish(event('a'))
      await until(() => started)
      await bus.close()
      expect(done).toBe(true)
    })
  })
}
