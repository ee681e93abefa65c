import type { Container, PodSpec } from './manifest.js'

/** What the restricted standard allows as volumes (kubernetes.io/docs/concepts/security/pod-security-standards). */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/**
 * Holds a pod to the restricted Pod Security Standard, and to what it leaves open: a read-only root, no token of the API server, no
 * variables of other services.
 * @returns what is wrong; nothing for a pod that passes
 */
export function unrestricted(pod: PodSpec): string[] {
  const { securityContext: security } = pod
  const containers = [...pod.containers, ...(pod.initContainers ?? [])]
  return [
    ...(pod.hostNetwork || pod.hostPID || pod.hostIPC ? ['shares namespaces with its node'] : []),
    ...(security?.runAsNonRoot === true && security.runAsUser === 10_001 ? [] : ['may run as root']),
    ...(security?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...(pod.automountServiceAccountToken === false ? [] : ['gets a token of the API server']),
    ...(pod.enableServiceLinks === false ? [] : ['gets variables of other services']),
    ...(pod.volumes ?? []).flatMap(({ name, ...kinds }) =>
      Object.keys(kinds).every((kind) => VOLUMES.includes(kind))
        ? []
        : [`volume ${name} is of a kind that is not allowed`],
    ),
    ...containers.flatMap((container) => unrestrictedContainer(container).map((why) => `${container.name} ${why}`)),
  ]
}

function unrestrictedContainer({ securityContext: security }: Container): string[] {
  const { capabilities } = security ?? {}
  return [
    ...(security?.allowPrivilegeEscalation === false && !security.privileged ? [] : ['may gain privileges']),
    ...(security?.readOnlyRootFilesystem === true ? [] : ['may write to its root']),
    ...(capabilities?.drop?.includes('ALL') && !capabilities.add?.length ? [] : ['keeps capabilities']),
  ]
}
