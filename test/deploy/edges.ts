import type { Labels, Manifest, Workload } from './manifest.js'

/** One side of a connection as a NetworkPolicy allows it. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly port: number
}

interface Selector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values: readonly string[]
  }[]
}

interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
}

interface Rule {
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
  readonly ports?: readonly { readonly port: number }[]
}

interface PolicySpec {
  readonly podSelector: Selector
  readonly policyTypes: readonly string[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

/**
 * @returns what policies let pods of this namespace send to each other, and what they let them take; peers in other namespaces and
 * addresses are left out
 */
export function edgesOf(
  manifests: readonly Manifest[],
  workloads: readonly Workload[],
): { sent: Edge[]; taken: Edge[] } {
  const sent: Edge[] = []
  const taken: Edge[] = []
  const chosen = (selector: Selector) =>
    workloads.filter(({ labels }) => selects(selector, labels)).map(({ name }) => name)
  const peers = (rule: readonly Peer[] = []) =>
    rule.flatMap(({ podSelector, namespaceSelector }) => (podSelector && !namespaceSelector ? chosen(podSelector) : []))
  for (const { kind, spec } of manifests) {
    if (kind !== 'NetworkPolicy') continue
    const { podSelector, ingress = [], egress = [] } = spec as PolicySpec
    for (const name of chosen(podSelector)) {
      for (const { to, ports = [] } of egress) {
        for (const peer of peers(to)) for (const { port } of ports) sent.push({ from: name, to: peer, port })
      }
      for (const { from, ports = [] } of ingress) {
        for (const peer of peers(from)) for (const { port } of ports) taken.push({ from: peer, to: name, port })
      }
    }
  }
  return { sent, taken }
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  if (matchExpressions.some(({ operator }) => operator !== 'In')) throw new Error('the tests read only the operator In')
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  )
}

/** @returns edges as lines that read and compare well, each once */
export function lines(edges: readonly Edge[]): string[] {
  return [...new Set(edges.map(({ from, to, port }) => `${from} -> ${to}:${port}`))].sort()
}
