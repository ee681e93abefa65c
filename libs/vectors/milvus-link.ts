import { MilvusClient, type ResStatus } from '@zilliz/milvus2-sdk-node'
import { DomainError } from '../config/domain-error.js'

/** A connection to a Milvus server that says what went wrong in our words. */
export interface MilvusLink {
  /**
   * Asks the server. The client repeats what fails on the way, with back-off; every call here can be repeated.
   * @throws DomainError INDEX_UNAVAILABLE, INDEX_DENIED, INDEX_LOST (the server has no such collection), INDEX_NOT_LOADED, INDEX_FAILED
   */
  ask<T extends Answer>(question: (client: MilvusClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Its status, or itself one. */
type Answer = ResStatus | { readonly status: ResStatus }

export interface MilvusLinkOptions {
  /** `http://HOST:PORT`; https for TLS. */
  readonly address: string
  /** `user:password` or an API key; empty: none. */
  readonly token: string
  /** Of one call, in ms. */
  readonly timeoutMs: number
}

// Codes of Milvus' own errors (internal/util/merr) and of gRPC (google.rpc.Code).
const COLLECTION_NOT_FOUND = 100
const COLLECTION_NOT_LOADED = [101, 106]
const GRPC_GONE = [1, 4, 8, 14]
const GRPC_DENIED = [7, 16]

/** Opens a connection, which is made at the first question. */
export function createMilvusLink({ address, token, timeoutMs }: MilvusLinkOptions): MilvusLink {
  let client: MilvusClient | undefined
  const connected = () => {
    client ??= new MilvusClient({
      address,
      token,
      timeout: timeoutMs,
      // It doubles: three seconds in all, in which a server that comes back is found.
      maxRetries: 5,
      retryDelay: 50,
      channelOptions: {
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 1_000,
        // The client's own six pings a minute are more than some servers bear; calls have deadlines anyway.
        'grpc.keepalive_permit_without_calls': 0,
        'grpc.keepalive_time_ms': 60_000,
      },
      logLevel: 'error',
      telemetry: { enabled: false },
      // Its greeting fails unheard where the server is away; no call needs it.
      __SKIP_CONNECT__: true,
    })
    return client
  }
  const problem = (reason: string, text: string, cause?: unknown) => new DomainError(reason, text, { address }, cause)
  const unavailable = (why: string, cause?: unknown) =>
    problem('INDEX_UNAVAILABLE', `The vector index at ${address} does not answer (${why}): try again.`, cause)

  function thrown(error: unknown): DomainError {
    const { code, details, message } = error as { code?: number; details?: string; message?: string }
    const why = details || message || String(error)
    if (code !== undefined && GRPC_DENIED.includes(code)) {
      return problem('INDEX_DENIED', `${address} refuses us (${why}): set CROSSRES_MILVUS_TOKEN to its user.`, error)
    }
    if (code !== undefined && GRPC_GONE.includes(code)) return unavailable(why, error)
    return problem('INDEX_FAILED', `The vector index at ${address} failed: ${why}.`, error)
  }

  function refused({ code = 0, error_code, reason, retriable }: ResStatus): DomainError | undefined {
    if (code === 0 && (error_code === 'Success' || error_code === 0)) return undefined
    if (code === COLLECTION_NOT_FOUND || error_code === 'CollectionNotExists') {
      return problem('INDEX_LOST', `${address} has lost an index (${reason}): it is filled again from the gallery.`)
    }
    if (COLLECTION_NOT_LOADED.includes(code)) return problem('INDEX_NOT_LOADED', `${reason}: load it.`)
    if (retriable) return unavailable(reason)
    return problem('INDEX_FAILED', `The vector index at ${address} refused a call: ${reason}.`)
  }

  return {
    async ask(question) {
      const answer = await question(connected()).catch((error: unknown) => {
        throw thrown(error)
      })
      const status = 'status' in answer ? answer.status : answer
      // The client turns what a server does not know into an answer without anything in it.
      if (!('error_code' in status)) {
        throw problem(
          'INDEX_FAILED',
          `${address} does not understand us: is it a Milvus server of version 2.4 or later?`,
        )
      }
      const failure = refused(status)
      if (failure) throw failure
      return answer
    },
    async close() {
      await client?.closeConnection()
    },
  }
}
