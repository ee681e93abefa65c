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
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: limit,
      stdio: ['ignore', show ? 'inherit' : 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.on('error', (error) => {
      const what = error.code === 'ENOENT' ? 'is missing' : `cannot be started (${error.message})`
      reject(new SetupError(`${command} ${what}: ${advice}`))
    })
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      const why = signal ? `it was ended by ${signal}${limit ? ` after ${limit / 1000} s` : ''}` : tellingLine(errors)
      reject(new SetupError(`${command} failed (${why || `exit code ${code}`}): ${advice}`))
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
