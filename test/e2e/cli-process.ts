import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../../dist/services/cli/main.js', import.meta.url))

/** How a command ended. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The one document that --json prints. @throws SyntaxError where stdout is anything else */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever shape they expect.
  json(): any
}

/** A command at work. */
export interface RunningCli {
  readonly process: ChildProcess
  readonly result: Promise<CliResult>
  /** Resolves with the first line on stdout. */
  firstLine(): Promise<string>
}

/** @returns functions that run the compiled command with this environment */
export function createCli(env: Readonly<Record<string, string>>) {
  const start = (args: readonly string[]): RunningCli => {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const { promise: line, resolve, reject } = withResolvers<string>()
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const result = new Promise<CliResult>((done) => {
      child.on('close', (code) => {
        reject(new Error(`ended with ${code} before a line: ${stderr}`))
        done({ code, stdout, stderr, json: () => JSON.parse(stdout) })
      })
    })
    line.catch(() => {})
    return { process: child, result, firstLine: () => line }
  }
  return { entry: ENTRY, start, run: (...args: string[]) => start(args).result }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Waits until a command has said so on stderr. @throws Error where it ends before */
export async function said({ process, result }: RunningCli, words: string): Promise<void> {
  let heard = ''
  const found = new Promise<void>((resolve) => {
    process.stderr?.on('data', (text: string) => {
      heard += text
      if (heard.includes(words)) resolve()
    })
  })
  const ended = result.then(({ stderr }) => {
    if (!stderr.includes(words)) throw new Error(`It ended without saying "${words}": ${stderr}`)
  })
  await Promise.race([found, ended])
}
