import { CommanderError } from 'commander'
import { EXIT_CODE, toCliFailure, UsageError } from './failure.js'
import { writeFailure } from './output.js'
import { createProgram } from './program.js'
import { Interruption, type Terminal } from './terminal.js'

/**
 * Runs one command line.
 * @param args without node and the script
 * @returns what the process is to exit with: 0 done, 1 the work failed, 2 wrong usage, 3 no server, 130 interrupted
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT_CODE.ok
  const program = createProgram(terminal, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    const { reason } = terminal.signal
    if (reason instanceof Interruption) return reason.exitCode
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODE.ok
    // Commander has shown the help in place of a missing command.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_CODE.usage
    const failure = toCliFailure(error instanceof CommanderError ? toUsageError(error) : error)
    writeFailure(terminal, args.includes('--json'), failure)
    if (args.includes('--verbose') && error instanceof Error) terminal.stderr.write(`${error.stack}\n`)
    return failure.exitCode
  }
}

function toUsageError({ message }: CommanderError): UsageError {
  return new UsageError(message.replace(/^error: /, ''))
}
