import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EventBus, PoisonError } from '../../../libs/events/event-bus.js'
import { createJetStreamEventBus } from '../../../libs/events/jetstream.js'
import { testEvent, until } from '../../../libs/events/testing/events.js'
import { type NatsServer, startNats } from '../../../test/fixtures/servers/nats.js'
import { runCli } from '../run-cli.js'

let server: NatsServer
let bus: EventBus
let able = false
const handled: string[] = []

beforeAll(async () => {
  server = await startNats()
  bus = createJetStreamEventBus({ servers: [server.url] })
  await bus.subscribe('crossres.v1.image.stored', 'downsampler', async ({ id }) => {
    if (!able) throw new PoisonError('the file is no picture')
    handled.push(id)
  })
  for (const id of ['a', 'b']) await bus.publish(testEvent(id, 'crossres.v1.image.stored'))
  await until(async () => (await bus.deadLetters()).length === 2)
})
afterAll(async () => {
  await bus.close()
  await server.stop()
})

async function run(args: readonly string[], env: Record<string, string> = { CROSSRES_EVENTS: server.url }) {
  const said = { stdout: '', stderr: '' }
  const into = (name: keyof typeof said) =>
    new Writable({
      write(chunk, _, done) {
        said[name] += chunk
        done()
      },
    }) as unknown as NodeJS.WriteStream
  const terminal = { env, stdout: into('stdout'), stderr: into('stderr'), signal: new AbortController().signal }
  return { code: await runCli(args, terminal), ...said }
}

it('lists dead letters', async () => {
  const { code, stdout } = await run(['events', 'dead', '--events', server.url], {})
  expect([code, stdout.split('\n')[0]]).toEqual([
    0,
    expect.stringMatching(/^ *Id +Time +Consumer +Type +Subject +Attempts +Reason$/),
  ])
  expect(stdout).toMatch(
    / +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +downsampler +image\.stored +galleries\/g\/subjects\/s +1 +the file is no picture\n/,
  )
})

it('replays and discards them', async () => {
  const listed = await run(['events', 'dead', '--json'])
  const { dead_letters: letters } = JSON.parse(listed.stdout)
  expect(letters).toMatchObject([
    { consumer: 'downsampler', type: 'crossres.v1.image.stored', reason: 'the file is no picture', attempts: 1 },
    { consumer: 'downsampler' },
  ])
  able = true
  const [first, second] = letters
  expect(await run(['events', 'replay', first.id])).toMatchObject({ code: 0, stdout: '1 event replayed\n' })
  await until(() => handled.length === 1)
  expect(handled).toEqual([first.event_id])
  expect(await run(['events', 'discard', second.id])).toMatchObject({ code: 0, stdout: '1 event discarded\n' })
  expect((await run(['events'])).stdout).toBe('No dead letters.\n')
  const gone = await run(['events', 'replay', first.id])
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('DEAD_LETTER_NOT_FOUND')])
})

it('says what is missing', async () => {
  const none = await run(['events', 'dead'], {})
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--events nats://HOST:PORT')])
  const wrong = await run(['events', 'dead', '--events', 'localhost'])
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('expected nats://HOST:PORT')])
  expect((await run(['events', '--help'])).stdout).toContain('crossres events replay 17 18')
})
