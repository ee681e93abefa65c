import { Status } from 'nice-grpc'

/**
 * The gRPC status of every domain reason, chosen as AIP-193 and google.rpc.Code define them.
 * A test reads the sources and fails where a reason is missing here.
 */
const STATUS_OF_REASON: Readonly<Record<string, Status>> = {
  // What the caller sent cannot be used, now or later.
  MESSAGE_MALFORMED: Status.INVALID_ARGUMENT,
  FIELD_MISSING: Status.INVALID_ARGUMENT,
  FIELD_INVALID: Status.INVALID_ARGUMENT,
  FACE_NOT_FOUND: Status.INVALID_ARGUMENT,

  // More than the server takes at once.
  MESSAGE_TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  QUEUE_FULL: Status.RESOURCE_EXHAUSTED,

  // The state of the system is in the way.
  SERVER_SHUTTING_DOWN: Status.UNAVAILABLE,
  METHOD_UNIMPLEMENTED: Status.UNIMPLEMENTED,
}

/** @returns the gRPC status of a domain reason; INTERNAL for one that no table knows */
export function statusOfReason(reason: string): Status {
  return STATUS_OF_REASON[reason] ?? Status.INTERNAL
}

/** @returns whether a reason has a status of its own */
export function isKnownReason(reason: string): boolean {
  return reason in STATUS_OF_REASON
}
