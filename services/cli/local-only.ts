import type { CommandContext } from './context.js'
import { UsageError } from './failure.js'

/** @throws UsageError where a server is named for a command that works on the data folder, or the bucket, itself */
export function localOnly({ options }: Pick<CommandContext, 'options'>, command: string): void {
  if (options.address !== undefined) {
    throw new UsageError(`\`${command}\` works on the data folder, or the bucket, itself: leave out --address.`)
  }
}
