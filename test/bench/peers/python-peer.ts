import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A Python program that answers one JSON line with one JSON line. */
export interface PythonPeer {
  ask<Answer>(command: unknown): Promise<Answer>
  close(): Promise<void>
}

/** Settings that would pin OpenBLAS to other kernels than it chooses by itself, so that numpy would not run at its best. */
const BLAS_OVERRIDES = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS']

/** Starts a peer. @throws from `ask` when the program has ended */
export function startPythonPeer(interpreter: string, script: string): PythonPeer {
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
