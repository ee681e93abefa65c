import { setMaxListeners } from 'node:events'

/** What a command knows of the process it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Aborts with an {@link Interruption} when the user, or the reader of our output, wants an end. */
  readonly signal: AbortSignal
}

/** Why a command ends before its work is done. */
export class Interruption extends Error {
  /** What the process exits with. */
  readonly exitCode: number

  constructor(exitCode: number) {
    super('Interrupted.')
    this.name = 'Interruption'
    this.exitCode = exitCode
  }
}

/** 128 + the number of the signal, as shells report a process that one ended. */
const EXIT_CODE_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Turns signals and a closed stdout (`| head`) into one abort signal, so that calls are cancelled and servers stopped in order.
 * A second signal ends the process at once.
 */
export function watchProcess(host: NodeJS.Process): Terminal {
  const controller = new AbortController()
  // Every call at work listens to it.
  setMaxListeners(0, controller.signal)
  for (const [name, exitCode] of Object.entries(EXIT_CODE_OF_SIGNAL)) {
    host.on(name, () => {
      if (controller.signal.aborted) host.exit(exitCode)
      controller.abort(new Interruption(exitCode))
    })
  }
  for (const stream of [host.stdout, host.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read has read enough: that is no failure of ours.
      if (error.code !== 'EPIPE') throw error
      controller.abort(new Interruption(0))
    })
  }
  return { env: host.env, stdout: host.stdout, stderr: host.stderr, signal: controller.signal }
}
