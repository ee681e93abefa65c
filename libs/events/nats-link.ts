import {
  AckPolicy,
  type Consumer,
  connect,
  DeliverPolicy,
  DiscardPolicy,
  ErrorCode,
  Events,
  headers,
  type JsMsg,
  type MsgHdrs,
  type NatsConnection,
  type NatsError,
  nanos,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import type { EventLink, FailureKind, LinkOptions, PulledMessage } from './event-link.js'
import type { StreamPlan } from './topology.js'

/** Waits between tries to find a lost server again. */
const RECONNECT = { firstMs: 100, longestMs: 5_000 }
/** A pull that brought nothing is asked again after this time. */
const PULL_MS = 30_000
const DRAIN_MS = 3_000
/** Codes of the server's API (nats-server, server/errors.json). */
const CODE = {
  insufficientResources: 10_023,
  messageNotFound: 10_037,
  insufficientStorage: 10_047,
  messageTooLarge: 10_054,
  streamDiffers: 10_058,
  streamNotFound: 10_059,
  storeFailed: 10_077,
  consumerDiffers: 10_148,
}

/**
 * Connects to a NATS server with JetStream. This is the one file that knows the client library: its successor (@nats-io/transport-node and
 * @nats-io/jetstream) has the same parts under nearly the same names.
 */
export async function connectNats({ servers, name, timeoutMs }: LinkOptions): Promise<EventLink> {
  const waits = reconnectWaits()
  const nc = await connect({
    ...addressOptions(servers),
    name,
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: waits.next,
    // A server that is set up anew may refuse us for a while: that is no reason to give up for good.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  })
  void waits.watch(nc)
  const js = nc.jetstream({ timeout: timeoutMs })
  const jsm = await nc.jetstreamManager({ timeout: timeoutMs, checkAPI: false })

  return {
    async publish(subject, data, id, head) {
      const all = headers()
      for (const [key, value] of Object.entries(head)) all.set(key, value)
      await js.publish(subject, data, { msgID: id, headers: all, timeout: timeoutMs })
    },

    async ensureStream(plan, replicas, ensure) {
      const config = streamConfig(plan, replicas)
      try {
        await jsm.streams.add(config)
      } catch (error) {
        if (apiCode(error) !== CODE.streamDiffers) throw error
        if (ensure === 'change') await jsm.streams.update(plan.name, config)
      }
    },

    async ensureConsumer(stream, consumer, ensure) {
      const changeable = {
        ack_wait: nanos(consumer.ackWaitMs),
        max_ack_pending: consumer.maxAckPending,
        // The server would fall silent about an event that it gives up: the subscription counts, and makes a dead letter.
        max_deliver: -1,
        filter_subject: consumer.subject,
      }
      try {
        await jsm.consumers.add(stream, {
          ...changeable,
          durable_name: consumer.name,
          ack_policy: AckPolicy.Explicit,
          replay_policy: ReplayPolicy.Instant,
          deliver_policy: consumer.inactiveMs > 0 ? DeliverPolicy.New : DeliverPolicy.All,
          ...(consumer.inactiveMs > 0 && { inactive_threshold: nanos(consumer.inactiveMs) }),
        })
      } catch (error) {
        if (apiCode(error) !== CODE.consumerDiffers) throw error
        if (ensure === 'change') await jsm.consumers.update(stream, consumer.name, changeable)
      }
      const source = await js.consumers.get(stream, consumer.name)
      return { pull: (signal) => pullOne(source, signal), remove: async () => void (await source.delete()) }
    },

    async read(stream, sequence) {
      try {
        const query = { seq: sequence, next_by_subj: '>' }
        const found = await jsm.streams.getMessage(stream, query)
        const { seq, subject, header, data, time } = found
        return { stream, sequence: seq, subject, headers: headerMap(header), data, time }
      } catch (error) {
        if (apiCode(error) === CODE.messageNotFound) return undefined
        throw error
      }
    },

    async remove(stream, sequence) {
      try {
        return await jsm.streams.deleteMessage(stream, sequence)
      } catch (error) {
        if (apiCode(error) === CODE.messageNotFound || apiCode(error) === CODE.streamNotFound) return false
        throw error
      }
    },

    async close() {
      // Without a connection there is nothing that draining could wait for.
      const patience = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())
      await Promise.race([nc.drain().catch(() => {}), patience])
      await nc.close()
    },
  }
}

/** One at a time: a message waits in the stream, where another can take it, and not in our memory while its time runs. */
async function pullOne(source: Consumer, signal: AbortSignal): Promise<PulledMessage | undefined> {
  if (signal.aborted) return undefined
  const messages = await source.fetch({ max_messages: 1, expires: PULL_MS })
  const stop = () => void messages.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const message of messages) return pulled(message)
    return undefined
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function pulled(message: JsMsg): PulledMessage {
  const { info } = message
  return {
    stream: info.stream,
    sequence: info.streamSequence,
    subject: message.subject,
    headers: headerMap(message.headers),
    data: message.data,
    time: new Date(info.timestampNanos / 1e6),
    attempt: info.deliveryCount,
    acknowledge: () => message.ack(),
    working: () => message.working(),
    retry: (delayMs) => message.nak(delayMs),
    terminate: (reason) => message.term(reason),
  }
}

function headerMap(head: MsgHdrs | undefined): ReadonlyMap<string, string> {
  return new Map(head?.keys().map((key) => [key.toLowerCase(), head.get(key)]) ?? [])
}

function streamConfig(plan: StreamPlan, replicas: number): Partial<StreamConfig> & { name: string } {
  return {
    name: plan.name,
    description: plan.description,
    subjects: [...plan.subjects],
    retention: plan.retention === 'interest' ? RetentionPolicy.Interest : RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(plan.maxAgeMs),
    max_bytes: plan.maxBytes,
    duplicate_window: nanos(plan.duplicateWindowMs),
    num_replicas: replicas,
  }
}

/** The library reads host and port only: credentials and TLS are options of their own. */
function addressOptions(servers: readonly string[]) {
  const urls = servers.map((server) => new URL(server))
  const { username = '', password = '' } = urls.find((url) => url.username !== '') ?? {}
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  return {
    servers: urls.map(({ host }) => host),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  }
}

/**
 * Half of the time that the server is away for: so the waits double. They come from the clock, and not from a count of calls, because the
 * library asks several times for one wait.
 */
function reconnectWaits() {
  let lostAt: number | undefined
  return {
    next() {
      const away = lostAt === undefined ? 0 : Date.now() - lostAt
      const wait = Math.min(RECONNECT.longestMs, Math.max(RECONNECT.firstMs, away / 2))
      // Some chance, so that not all clients come at once.
      return Math.round(wait * (0.75 + Math.random() / 4))
    },
    async watch(nc: NatsConnection) {
      for await (const { type } of nc.status()) {
        if (type === Events.Disconnect) lostAt ??= Date.now()
        if (type === Events.Reconnect) lostAt = undefined
      }
    },
  }
}

/** Code of an error of JetStream's API; undefined for every other error. */
function apiCode(error: unknown): number | undefined {
  return (error as Partial<NatsError>).api_error?.err_code
}

const KIND_OF_API_CODE: ReadonlyMap<number | undefined, FailureKind> = new Map([
  [CODE.insufficientResources, 'full'],
  [CODE.insufficientStorage, 'full'],
  // The stream's own limit, and a disk without room.
  [CODE.storeFailed, 'full'],
  [CODE.messageTooLarge, 'too-large'],
])

const KIND_OF_CODE: ReadonlyMap<string | undefined, FailureKind> = new Map([
  [ErrorCode.MaxPayloadExceeded, 'too-large'],
  [ErrorCode.AuthorizationViolation, 'denied'],
  [ErrorCode.AuthenticationExpired, 'denied'],
  [ErrorCode.BadAuthentication, 'denied'],
  [ErrorCode.PermissionsViolation, 'denied'],
])

/** @returns what an error of a link means */
export function kindOfFailure(error: unknown): FailureKind {
  const { code } = error as Partial<NatsError>
  return KIND_OF_API_CODE.get(apiCode(error)) ?? KIND_OF_CODE.get(code) ?? 'unavailable'
}
