import http from 'node:http'
import https from 'node:https'
import type { ClientOptions } from 'minio'
import { serverBusy } from './s3-error.js'

type Transport = NonNullable<ClientOptions['transport']>

/**
 * How requests reach an S3 server: one that falls silent is given up, and an answer that only asks to come back is an error.
 * (The client would repeat such requests itself, however dangerous that is, and forget why they failed.)
 * @param secure whether to use TLS
 * @param idleMs silence in milliseconds after which a connection is dropped
 */
export function createS3Transport(secure: boolean, idleMs: number): Transport {
  const { request } = secure ? https : http
  const send = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const sent = request({ ...options, timeout: idleMs }, (response) => {
      const status = response.statusCode ?? 0
      if (!asksToComeBack(status)) return onResponse(response)
      response.resume()
      sent.emit('error', serverBusy(status))
    })
    sent.on('timeout', () =>
      sent.destroy(Object.assign(new Error('The connection fell silent.'), { code: 'ETIMEDOUT' })),
    )
    return sent
  }
  return { request: send as typeof http.request }
}

/** 501 and 507 mean that it will not, or has no room. */
function asksToComeBack(status: number): boolean {
  return [408, 429, 499].includes(status) || (status >= 500 && status !== 501 && status !== 507)
}

/** Connections that are kept for the next request; an idle one keeps no process alive. */
export function createS3Agent(secure: boolean): http.Agent {
  const options = { keepAlive: true, maxSockets: 256 }
  return secure ? new https.Agent(options) : new http.Agent(options)
}
