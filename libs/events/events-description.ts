/** What carries the events: this process alone, or the servers of one NATS cluster. */
export type EventsDescription =
  | { readonly kind: 'in-process' }
  | {
      readonly kind: 'nats'
      /** `nats://[user:password@ or token@]host:port`, or `tls://`. */
      readonly servers: readonly string[]
      /** Servers that keep each event. */
      readonly replicas: number
    }

/** What an address of servers may be, for those who get it wrong. */
export const EVENTS_ADDRESS_FORM = 'expected nats://HOST:PORT or tls://HOST:PORT, several separated by commas'

/** @returns the servers of a comma-separated list; undefined where one is no NATS address */
export function parseEventServers(text: string): readonly string[] | undefined {
  const servers = text.split(',').map((server) => server.trim())
  return servers.every(isServer) ? servers : undefined
}

function isServer(text: string): boolean {
  if (!/^(nats|tls):\/\//.test(text) || !URL.canParse(text)) return false
  const { host, pathname, search } = new URL(text)
  return host !== '' && pathname.length <= 1 && search === ''
}
