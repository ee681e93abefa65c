import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import util from 'node:util'
import type * as tf from '@tensorflow/tfjs-node'
import { DomainError } from '../config/domain-error.js'

/** TF.js with native TensorFlow below; the GPU package has the same interface. */
export type TensorFlow = typeof tf

/** What the choice of a package depends on. */
export interface TensorFlowHost {
  /** Finds and loads packages. */
  readonly require: NodeJS.Require
  /** Whether the driver of an NVIDIA GPU is here. */
  readonly gpu: boolean
}

// Where the NVIDIA driver shows itself: on Linux and in its containers, and on Linux under Windows.
const GPU_DEVICES = ['/dev/nvidiactl', '/dev/dxg']
const CPU_PACKAGE = '@tensorflow/tfjs-node'
const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu'

/**
 * Loads TF.js on native TensorFlow: on the GPU where one is and `npm run setup:tensorflow -- gpu` was run, else on the CPU.
 * Further calls give the same namespace, since a process has room for one TensorFlow.
 * @returns the TF.js namespace, its backend `tensorflow` set and ready
 * @throws DomainError TENSORFLOW_MISSING when it is not set up, or what was set up does not load on this machine
 */
export async function loadTensorFlow(host: TensorFlowHost = thisHost()): Promise<TensorFlow> {
  const { name, setup } = requireTensorFlow(host)
  restoreUtil()
  // TensorFlow writes every device and instruction set that it finds to stderr: leave it warnings and errors.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1'
  // oneDNN's convolutions take two thirds of the time of TensorFlow's own, forward and backward (measured on two x86-64 cores).
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1'
  // Else it takes the whole GPU at its start, and whoever else works there finds none of it left.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  try {
    const loaded: TensorFlow = host.require(name)
    await loaded.ready()
    return loaded
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new DomainError(
      'TENSORFLOW_MISSING',
      `${name} cannot be loaded (${why}): run \`${setup}\` again.`,
      { package: name },
      cause,
    )
  }
}

/**
 * Finds TensorFlow without loading it.
 * @returns the package that would be loaded, and the command that sets it up
 * @throws DomainError TENSORFLOW_MISSING when none is set up
 */
export function requireTensorFlow(host: TensorFlowHost = thisHost()): {
  readonly name: string
  readonly setup: string
} {
  const name = host.gpu && isSetUp(host.require, GPU_PACKAGE) ? GPU_PACKAGE : CPU_PACKAGE
  const setup = `npm run setup:tensorflow${name === GPU_PACKAGE ? ' -- gpu' : ''}`
  if (isSetUp(host.require, name)) return { name, setup }
  throw new DomainError(
    'TENSORFLOW_MISSING',
    `TensorFlow, which training and CROSSRES_ENGINE=tensorflow need, is not set up: run \`${setup}\`.`,
  )
}

function thisHost(): TensorFlowHost {
  return { require: createRequire(import.meta.url), gpu: GPU_DEVICES.some((device) => existsSync(device)) }
}

/** Whether the package has its native part, which npm installs it without. */
function isSetUp(require: NodeJS.Require, name: string): boolean {
  try {
    return existsSync(join(dirname(require.resolve(`${name}/package.json`)), 'deps', 'lib'))
  } catch {
    return false
  }
}

/** TF.js 4.22 asks `util` for tests of types that Node 23 dropped. */
function restoreUtil(): void {
  const tests = {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  }
  for (const [name, test] of Object.entries(tests)) {
    if (!(name in util)) Object.defineProperty(util, name, { value: test, configurable: true })
  }
}
