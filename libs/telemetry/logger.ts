import { destination, type Logger, pino } from 'pino'
import { NO_TRACING, type Tracing } from './tracing.js'

/**
 * Lines of JSON on stderr; stdout stays free for answers. What is logged while a call is at work carries its ids.
 * @param name of the service
 * @param level pino's level
 */
export function createLogger(name: string, level: string, tracing: Tracing = NO_TRACING): Logger {
  return pino(
    {
      name,
      level,
      redact: { paths: ['image', '*.image', 'embedding', '*.embedding'], remove: true },
      ...(tracing.enabled && { mixin: tracing.ids }),
    },
    destination(2),
  )
}
