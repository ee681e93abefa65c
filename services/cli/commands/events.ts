import { type Command, Option } from 'commander'
import { readEnvironment } from '../../../libs/config/environment.js'
import type { DeadLetter, EventBus } from '../../../libs/events/event-bus.js'
import {
  EVENTS_ADDRESS_FORM,
  type EventsDescription,
  parseEventServers,
} from '../../../libs/events/events-description.js'
import type { CommandContext, Run } from '../context.js'
import { UsageError } from '../failure.js'
import { count, table } from '../output.js'

interface EventsOptions {
  readonly events?: string
}

/** People wait: a server that does not answer is named soon. */
const TIMEOUT_MS = 5_000

/** Adds `crossres events`, which talks to the event server itself. */
export function addEvents(program: Command, run: Run): void {
  const events = program
    .command('events')
    .description('list, replay and discard events that could not be handled')
    .addHelpText('after', HELP)
  const server = () => new Option('--events <address>', 'nats://HOST:PORT (or CROSSRES_EVENTS)')

  events
    .command('dead', { isDefault: true })
    .description('list the dead letters, oldest first')
    .addOption(server())
    .action(
      run((context, options: EventsOptions) =>
        withBus(context, options, async (bus) => {
          const letters = await bus.deadLetters()
          context.output.result({ dead_letters: letters.map(letterDocument) }, () => lettersText(letters))
        }),
      ),
    )

  const each = (name: string, description: string, done: string, work: (bus: EventBus, id: string) => Promise<void>) =>
    events
      .command(name)
      .description(description)
      .argument('<ids...>', 'of dead letters, as `events dead` lists them')
      .addOption(server())
      .action(
        run((context, ids: string[], options: EventsOptions) =>
          withBus(context, options, async (bus) => {
            for (const id of ids) await work(bus, id)
            context.output.result({ [done]: ids }, () => `${count(ids.length, 'event')} ${done}`)
          }),
        ),
      )
  each('replay', 'deliver events again, to all consumers of their type', 'replayed', (bus, id) => bus.replay(id))
  each('discard', 'forget dead letters for good', 'discarded', (bus, id) => bus.discard(id))
}

async function withBus(
  { terminal }: CommandContext,
  options: EventsOptions,
  work: (bus: EventBus) => Promise<void>,
): Promise<void> {
  const { servers } = eventServer(options.events, terminal.env)
  // Loaded when needed: other commands have no use for it.
  const { createJetStreamEventBus } = await import('../../../libs/events/jetstream.js')
  const bus = createJetStreamEventBus({ servers, name: 'crossres-cli', timeoutMs: TIMEOUT_MS })
  try {
    await work(bus)
  } finally {
    await bus.close()
  }
}

function eventServer(
  address: string | undefined,
  env: CommandContext['terminal']['env'],
): Extract<EventsDescription, { kind: 'nats' }> {
  if (address !== undefined) {
    const servers = parseEventServers(address)
    if (!servers) throw new UsageError(`--events: ${EVENTS_ADDRESS_FORM}.`)
    return { kind: 'nats', servers, replicas: 1 }
  }
  const { events } = readEnvironment(env)
  if (events.kind === 'nats') return events
  throw new UsageError(
    'Which event server? Give --events nats://HOST:PORT, or set CROSSRES_EVENTS. Without one, events stay in their process.',
  )
}

function letterDocument({ id, time, consumer, event, reason, attempts }: DeadLetter) {
  return {
    id,
    time: time.toISOString(),
    consumer,
    type: event.type,
    event_id: event.id,
    subject: event.subject,
    reason,
    attempts,
  }
}

function lettersText(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'No dead letters.'
  return table(
    ['Id', 'Time', 'Consumer', 'Type', 'Subject', 'Attempts', 'Reason'],
    letters.map(({ id, time, consumer, event, reason, attempts }) => [
      id,
      time.toISOString().slice(0, 19).replace('T', ' '),
      consumer,
      event.type.replace(/^crossres\.(v1\.)?/, ''),
      event.subject,
      attempts,
      reason,
    ]),
  )
}

const HELP = `
An event becomes a dead letter when it can never be handled, or its handler has failed at every try. It is kept for 30 days.

Examples:
  crossres events dead --events nats://localhost:4222
  CROSSRES_EVENTS=nats://nats:4222 crossres events dead --json
  crossres events replay 17 18                          once what was in the way is gone
  crossres events discard 19`
