import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Client, S3Error } from 'minio'
import { retry } from './retry.js'
import { isPassing, s3Problem } from './s3-error.js'
import { createS3Agent, createS3Transport } from './s3-transport.js'
import { textOf } from './s3-xml.js'

/** A bucket and how to reach it: fit for JSON. */
export interface S3Bucket {
  /** E.g. `http://minio:9000`. */
  readonly endpoint: string
  /** The endpoint in links for people; default: the endpoint. */
  readonly publicEndpoint?: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  readonly bucket: string
}

/** One request to the bucket, or with a key to an object in it. */
export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** The answer to it, read to its end. */
export interface S3Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Signed requests to one bucket; failures that may pass are tried again. */
export interface S3Connection {
  /** Makes a request and works with its answer; where either fails, both are tried again. @throws as s3Problem says */
  exchange<T>(call: S3Call, use: (response: IncomingMessage) => Promise<T>): Promise<T>
  /** Makes a request that may be repeated, and reads the whole answer. @throws as s3Problem says */
  send(call: S3Call): Promise<S3Answer>
  /**
   * Makes a request that does something once.
   * @param settle asked where an attempt was refused and an earlier one's answer had been lost: what that one did, if anything
   * @throws as s3Problem says
   */
  write(call: S3Call, settle: () => Promise<S3Answer | undefined>): Promise<S3Answer>
  /** @returns a link that reads an object for so long */
  presign(key: string, seconds: number): Promise<string>
}

/** How a connection bears failures. */
export interface S3Patience {
  /** Milliseconds for which a call is tried again where the store does not answer. */
  readonly patienceMs: number
  /** Silence in milliseconds after which a connection is given up. */
  readonly idleMs: number
}

/** Connects at the first request. */
export function createS3Connection(place: S3Bucket, { patienceMs, idleMs }: S3Patience): S3Connection {
  const { bucket } = place
  const client = createClient(place, place.endpoint, idleMs)
  const forPeople = createClient(place, place.publicEndpoint ?? place.endpoint, idleMs)

  const ask = ({ method, key, query = {}, headers = {}, body }: S3Call): Promise<IncomingMessage> => {
    const object = key === undefined ? {} : { objectName: key }
    // A copy of the headers for each attempt: the client writes into them.
    const request = { method, bucketName: bucket, ...object, query: queryString(query), headers: { ...headers } }
    return client.makeRequestAsync(request, body ?? '', [200, 204, 206])
  }

  const patiently = async <T>(call: S3Call, attempt: () => Promise<T>): Promise<T> => {
    try {
      return await retry(attempt, { patienceMs, isPassing })
    } catch (error) {
      throw s3Problem(error, { ...place, ...call })
    }
  }

  const exchange = <T>(call: S3Call, use: (response: IncomingMessage) => Promise<T>): Promise<T> =>
    patiently(call, async () => use(await ask(call)))

  return {
    exchange,

    send: (call) => exchange(call, (response) => readAnswer(call, response)),

    async write(call, settle) {
      let lost = false
      const attempt = async () => {
        try {
          return await readAnswer(call, await ask(call))
        } catch (error) {
          const settled = lost && !isPassing(error) ? await settle() : undefined
          if (settled) return settled
          lost ||= isPassing(error)
          throw error
        }
      }
      return patiently(call, attempt)
    },

    presign: (key, seconds) => forPeople.presignedGetObject(bucket, key, seconds),
  }
}

function createClient({ region, accessKey, secretKey }: S3Bucket, endpoint: string, idleMs: number): Client {
  const { protocol, hostname, port } = new URL(endpoint)
  const secure = protocol === 'https:'
  return new Client({
    endPoint: hostname,
    useSSL: secure,
    ...(port === '' ? {} : { port: Number(port) }),
    region,
    accessKey,
    secretKey,
    transport: createS3Transport(secure, idleMs),
    transportAgent: createS3Agent(secure),
    retryOptions: { disableRetry: true },
  })
}

/** As signatures need it: everything escaped that encodeURIComponent leaves, by name. */
function queryString(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/[!'()*]/g, escaped)}`)
    .sort()
    .join('&')
}

const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

async function readAnswer({ method }: S3Call, response: IncomingMessage): Promise<S3Answer> {
  const body = await buffer(response)
  // CompleteMultipartUpload may answer 200 before it has worked, and say in the body that it failed.
  if (method === 'POST') throwFailure(body.toString())
  return { headers: response.headers, body }
}

function throwFailure(answer: string): void {
  if (!answer.includes('<Error>')) return
  throw Object.assign(new S3Error(textOf(answer, 'Message') ?? answer), { code: textOf(answer, 'Code') ?? '' })
}
