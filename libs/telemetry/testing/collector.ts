import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as OTLP's JSON has it. */
export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  /** `service.name`. */
  readonly service: string
}

/** As much of a collector of traces as takes them in. */
export interface Collector {
  readonly endpoint: string
  /** Where requests went to. */
  readonly paths: readonly string[]
  readonly spans: readonly ReceivedSpan[]
  close(): Promise<void>
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
    }
    readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string; readonly traceId: string }[] }[]
  }[]
}

export async function startCollector(): Promise<Collector> {
  const paths: string[] = []
  const spans: ReceivedSpan[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    paths.push(request.url ?? '')
    for (const { resource, scopeSpans } of (JSON.parse(body) as Otlp).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
      const received = scopeSpans.flatMap((scope) => scope.spans)
      spans.push(...received.map(({ name, traceId }) => ({ name, traceId, service })))
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    spans,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
