// Runs the programs that the setup needs, and turns their failures into one sentence that says what to do.
import { spawn } from 'node:child_process'

/** What went wrong and what to do about it; shown without a stack. */
export class SetupError extends Error {}

/**
 * Runs a program to its end.
 * @param {string} command the program, looked for on the path
 * @param {readonly string[]} args
 * @param {{ advice: string, limit?: number, cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} options `advice` ends the message of
 *   an error; `limit` in milliseconds; `show` lets its standard output through
 * @returns {Promise<string>} its standard output, empty where it is shown
 * @throws SetupError when it is missing, fails or takes longer than the limit
 */
export function run(command, args, { advice, limit, cwd, env, show = false }) {
  return new Promise((resolve, reject) => {
    // In a process group of its own, because pip and the installers start further programs that must end with them.
    const grouped = process.platform !== 'win32'
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: grouped,
      stdio: ['ignore', show ? 'inherit' : 'pipe', 'pipe'],
    })
    const stop = () => (grouped && child.pid ? process.kill(-child.pid) : child.kill())
    process.once('exit', stop)
    const timer = limit === undefined ? undefined : setTimeout(stop, limit)
    let output = ''
    let errors = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    const fail = (why) => reject(new SetupError(`${command} ${why}: ${advice}`))
    const ended = () => {
      process.off('exit', stop)
      clearTimeout(timer)
    }
    child.on('error', (error) => {
      ended()
      fail(error.code === 'ENOENT' ? 'is missing' : `cannot be started (${error.message})`)
    })
    child.on('close', (code, signal) => {
      ended()
      if (code === 0) return resolve(output)
      const why = signal
        ? `it was ended by ${signal}${limit ? `, ${limit / 1000} s at most` : ''}`
        : tellingLine(errors)
      fail(`failed (${why || `exit code ${code}`})`)
    })
  })
}

/** The line of an error output that says most: the last one that speaks of an error, else the last one. */
function tellingLine(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return (lines.findLast((line) => /error|no module/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300)
}
