/** A node that kwok pretends, with what a machine of its size offers. @param gpus 0: none */
export function node(name: string, gpus: number) {
  const offers = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '500Gi', pods: '110' }
  const resources = gpus > 0 ? { ...offers, 'nvidia.com/gpu': String(gpus) } : offers
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: gpus > 0 ? { ...labels, 'nvidia.com/gpu.present': 'true' } : labels },
    // GPU nodes are usually kept for those that ask for GPUs.
    spec: gpus > 0 ? { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] } : {},
    status: { allocatable: resources, capacity: resources },
  }
}

/** A volume that any claim may take, in place of a provisioner. */
export function volume(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { capacity: { storage: '100Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/pretended/${name}` } },
  }
}

/** A kind of an operator, without the operator: objects are stored, and nothing comes of them. */
export function operatorKind(group: string, version: string, kind: string, plural: string) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  }
}
