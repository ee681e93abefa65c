import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program that answers one JSON line with one JSON line. */
export interface PeerProcess {
  ask<Answer>(command: unknown): Promise<Answer>
  close(): Promise<void>
}

/** Settings that would pin OpenBLAS to other kernels than it chooses by itself, so that numpy would not run at its best. */
const BLAS_OVERRIDES = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS']

/** Starts a peer. @throws from `ask` when the program has ended */
export function startPeer(interpreter: string, script: string): PeerProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !BLAS_OVERRIDES.includes(name)))
  const child = spawn(interpreter, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask<Answer>(command: unknown) {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${script} ended without an answer`)
      return JSON.parse(value) as Answer
    },
    async close() {
      child.stdin.end()
      await exited
    },
  }
}

/** Python is not compiled: its scripts lie in the source tree, whichever tree this file runs from. */
export function pythonScript(name: string): string {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  return `${folder.replace(/([/\\])dist[/\\](test[/\\]bench[/\\]peers[/\\])$/, '$1$2')}${name}`
}
