import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { eventBusContract } from './event-bus.contract.js'
import { onEvent, publishEvent } from './event-types.js'
import { createInProcessEventBus } from './in-process.js'

eventBusContract('in-process', async () => createInProcessEventBus({ maxDeliver: 3, backoffMs: 1 }))

it('carries typed messages', async () => {
  const bus = createInProcessEventBus()
  const seen: string[] = []
  await onEvent(bus, 'subject.enrolled', 'test', async ({ subject, faceIds }) => {
    seen.push(subject, ...faceIds)
  })
  const subject = 'galleries/g/subjects/s'
  await publishEvent(bus, 'subject.enrolled', subject, {
    subject,
    faceIds: ['1'],
    modelVersion: 'models/base/versions/0',
  })
  await bus.close()
  expect(seen).toEqual([subject, '1'])
})

it('holds publishers back while a consumer is behind', async () => {
  const bus = createInProcessEventBus({ maxPending: 2 })
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  await bus.subscribe('t', 'slow', () => gate)
  const publish = (id: string) => bus.publish({ type: 't', id, subject: '', time: new Date(), data: new Uint8Array() })
  await publish('1')
  await publish('2')
  let third = false
  const held = publish('3').then(() => (third = true))
  await sleep(10)
  expect(third).toBe(false)
  release()
  await held
  await bus.close()
})
