import type { CompatServiceDefinition, ServerMiddleware } from 'nice-grpc'
import { DomainError } from '../config/domain-error.js'

/** Stands in a handler's place for a request that could not be read, until the middleware refuses it. */
class UnreadableMessage {
  readonly error: DomainError
  constructor(error: DomainError) {
    this.error = error
  }
}

/** The part of a ts-proto service definition that matters here. */
interface TsProtoDefinition {
  readonly methods: Readonly<Record<string, { readonly requestType: { decode(input: Uint8Array): unknown } }>>
}

/**
 * Lets too large and malformed requests reach the middleware instead of failing inside gRPC, where they would lose the
 * reason and the advice that every crossres error carries. gRPC's own limit stays above this one as the hard stop.
 * @param limit largest request in bytes
 */
export function guardDefinition<D extends CompatServiceDefinition & TsProtoDefinition>(
  definition: D,
  limit: number,
): D {
  const methods = Object.fromEntries(
    Object.entries(definition.methods).map(([key, method]) => [
      key,
      { ...method, requestType: { ...method.requestType, decode: guardDecode(method.requestType, limit) } },
    ]),
  )
  return { ...definition, methods }
}

function guardDecode(type: { decode(input: Uint8Array): unknown }, limit: number) {
  return (input: Uint8Array): unknown => {
    if (input.length > limit) {
      return new UnreadableMessage(
        new DomainError(
          'MESSAGE_TOO_LARGE',
          `The request has ${input.length} bytes and the limit is ${limit}: send smaller pictures, or fewer at once, or an object uri.`,
          { size: String(input.length), limit: String(limit) },
        ),
      )
    }
    try {
      return type.decode(input)
    } catch (cause) {
      return new UnreadableMessage(
        new DomainError(
          'MESSAGE_MALFORMED',
          'The request is not the protobuf message that this method takes: generate the client from proto/crossres/v1 of the same version.',
          {},
          cause,
        ),
      )
    }
  }
}

/** Refuses the requests that a guarded definition could not read. */
export const refuseUnreadable: ServerMiddleware = async function* refuse(call, context) {
  if (call.requestStream) return yield* call.next(readable(call.request), context)
  return yield* call.next(check(call.request), context)
}

async function* readable<T>(requests: AsyncIterable<T>): AsyncIterable<T> {
  for await (const request of requests) yield check(request)
}

function check<T>(request: T): T {
  if (request instanceof UnreadableMessage) throw request.error
  return request
}
