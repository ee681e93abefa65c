import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { workerFile } from '../config/worker-file.js'
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

it('keeps the process until a failed event has had its other tries', async () => {
  const code = `
    const { createInProcessEventBus } = await import(${JSON.stringify(workerFile(import.meta.url, './in-process.js').href)})
    const bus = createInProcessEventBus()
    await bus.subscribe('t', 'c', async (_, { attempt }) => {
      if (attempt < 3) throw new Error('not yet')
      console.log('handled')
    })
    await bus.publish({ type: 't', id: '1', subject: '', time: new Date(), data: new Uint8Array() })
    await bus.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  expect(stdout).toBe('handled\n')
})

it('makes a dead letter of data that is no message', async () => {
  const bus = createInProcessEventBus()
  let handled = false
  await onEvent(bus, 'subject.enrolled', 'c', async () => {
    handled = true
  })
  const type = 'crossres.v1.subject.enrolled'
  await bus.publish({ type, id: '1', subject: '', time: new Date(), data: Buffer.from([0x0a, 0xff]) })
  await bus.close()
  expect(handled).toBe(false)
  expect(await bus.deadLetters()).toMatchObject([{ attempts: 1, event: { id: '1' } }])
})
