/** A Kubernetes object, as far as the tests look. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
}

export type Labels = Readonly<Record<string, string>>

/** A container, as far as the tests look. */
export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels }
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean
    readonly privileged?: boolean
    readonly readOnlyRootFilesystem?: boolean
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  }
  readonly startupProbe?: unknown
  readonly readinessProbe?: unknown
  readonly livenessProbe?: unknown
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

/** A pod's specification, as far as the tests look. */
export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly nodeSelector?: Labels
  readonly tolerations?: readonly { readonly key?: string }[]
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean
    readonly runAsUser?: number
    readonly seccompProfile?: { readonly type?: string }
  }
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

/** Something that makes pods. */
export interface Workload {
  readonly kind: string
  readonly name: string
  readonly labels: Labels
  readonly pod: PodSpec
  /** Names of the volumes that each of its pods gets for its own. */
  readonly claims: readonly string[]
  /** Whether its pods run until they are stopped. */
  readonly serves: boolean
}

interface Template {
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
}

/** @returns all that make pods, in the order of the manifests */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    const { kind, metadata } = manifest
    const found = templateOf(manifest)
    if (found === undefined) return []
    const { labels } = found.template.metadata
    const serves = kind === 'Deployment' || kind === 'StatefulSet'
    const claims = (found.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name)
    return [{ kind, name: metadata.name, labels, pod: found.template.spec, claims, serves }]
  })
}

function templateOf({ kind, spec }: Manifest): Template | undefined {
  if (kind === 'CronJob') return (spec as { jobTemplate: { spec: Template } }).jobTemplate.spec
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].includes(kind) ? (spec as Template) : undefined
}

/** @returns the settings that all services get, from the ConfigMap `crossres`; the hash behind its name changes with them */
export function settingsOf(manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  const found = manifests.find(({ kind, data }) => kind === 'ConfigMap' && data?.CROSSRES_HOST !== undefined)
  if (found?.data === undefined) throw new Error('there is no ConfigMap crossres')
  return found.data
}
