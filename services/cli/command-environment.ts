import { type Environment, readEnvironment } from '../../libs/config/environment.js'
import type { CommandContext } from './context.js'

/**
 * The environment's settings, for a command that works on the data itself: `--data` counts before its variable.
 * @throws DomainError ENVIRONMENT_INVALID
 */
export function commandEnvironment({ options, terminal }: Pick<CommandContext, 'options' | 'terminal'>): Environment {
  return readEnvironment({ ...terminal.env, CROSSRES_DATA: options.dataFolder })
}
