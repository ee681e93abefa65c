import type { BusEvent } from './event-bus.js'
import type { StoredMessage } from './event-link.js'

/**
 * @param source the service that publishes it, a URI reference
 * @returns the headers of an event in binary mode (CloudEvents 1.0, NATS protocol binding 1.0, section 3.1), and its trace (W3C Trace
 *   Context)
 */
export function eventHeaders(event: BusEvent, source: string): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-id': encode(event.id),
    'ce-type': encode(event.type),
    'ce-source': encode(source),
    'ce-subject': encode(event.subject),
    'ce-time': event.time.toISOString(),
    'content-type': 'application/protobuf',
    ...(event.traceparent !== undefined && { traceparent: encode(event.traceparent) }),
  }
}

/**
 * @returns the event of a message. One that is no CloudEvent, as the object store's notifications, gets its subject as its type and its place
 *   in the stream as its id, which stays the same however often it is given out
 */
export function eventOf({ headers, subject, stream, sequence, time, data }: StoredMessage): BusEvent {
  const at = Date.parse(headers.get('ce-time') ?? '')
  const traceparent = headers.get('traceparent')
  return {
    type: decode(headers.get('ce-type') ?? subject),
    id: decode(headers.get('ce-id') ?? `${stream}-${sequence}`),
    subject: decode(headers.get('ce-subject') ?? ''),
    time: Number.isNaN(at) ? time : new Date(at),
    data,
    ...(traceparent !== undefined && { traceparent: decode(traceparent) }),
  }
}

/** @returns text that may stand in a header: printable ASCII, everything else percent-encoded (CloudEvents HTTP binding, 3.1.3.2) */
export function encode(text: string): string {
  // By way of bytes: half of a pair of surrogates, as cutting a text leaves it, cannot be encoded.
  const wellFormed = Buffer.from(text).toString()
  return wellFormed.replace(/[^\x21-\x7e]|["%]/gu, (character) => encodeURIComponent(character))
}

/** @returns the text of a header; as it stands where it is not percent-encoded */
export function decode(header: string): string {
  try {
    return decodeURIComponent(header)
  } catch {
    return header
  }
}
