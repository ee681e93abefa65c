import { Status } from 'nice-grpc'
import { PoisonError } from '../events/event-bus.js'
import { failureOf } from './rpc-error.js'

/**
 * Does the work of an event. What the event itself is the reason for, a picture without a face say, will fail for ever: it becomes poison,
 * with its reason. Everything else, a server that is away or full say, may pass.
 * @throws PoisonError, or what `work` throws
 */
export async function poisonWhereHopeless<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PoisonError) throw error
    const { status, reason, message } = failureOf(error)
    if (status !== Status.INVALID_ARGUMENT && reason !== 'OBJECT_NOT_FOUND') throw error
    throw new PoisonError(`${reason}: ${message}`, { cause: error })
  }
}
