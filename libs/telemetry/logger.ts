import { destination, type Logger, pino } from 'pino'

/**
 * Lines of JSON on stderr; stdout stays free for answers.
 * @param name of the service
 * @param level pino's level
 */
export function createLogger(name: string, level: string): Logger {
  return pino(
    { name, level, redact: { paths: ['image', '*.image', 'embedding', '*.embedding'], remove: true } },
    destination(2),
  )
}
