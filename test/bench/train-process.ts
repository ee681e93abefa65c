import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noise } from '../../libs/onnx/testing/noise.js'
import { type PeerProcess, startPeer } from './peers/peer-process.js'
import type { TrainingNetwork } from './train-networks.js'

/** What a process answers once it has loaded a network. */
export interface Loaded {
  /** How many single weights learn. */
  readonly learns: number
  /** Name and version of what computes. */
  readonly about: string
}

/** What some steps were like. */
export interface Steps {
  readonly ms: readonly number[]
  readonly losses: readonly number[]
  /** Resident bytes after them; ours alone tells. */
  readonly rss: number
}

/** A process with crossres's training step: see peers/train-ours.ts. */
export const startOurs = (): PeerProcess =>
  startPeer(process.execPath, fileURLToPath(new URL('./peers/train-ours.js', import.meta.url)))

/** Makes pictures and targets of noise for a network. @returns the command that loads it on either side */
export async function loadCommand({ model, side, dimension }: TrainingNetwork, batch: number, folder: string) {
  const dims = [batch, 3, side, side]
  const images = join(folder, 'images.f32')
  const targets = join(folder, 'targets.f32')
  await writeFile(images, noise(dims, 5).data)
  await writeFile(targets, noise([batch, dimension], 6).data)
  return { model, images, targets, dims, threads: availableParallelism() }
}
