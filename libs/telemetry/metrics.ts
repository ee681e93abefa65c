import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS,
  type MetricPlan,
} from './metric-names.js'

/** Takes what the services measure. */
export interface Metrics {
  /** Adds one to a counter. */
  count<K extends CounterName>(name: K, labels: LabelsOf<K>): void
  /** Adds a value to a histogram, in the unit of its name. */
  observe<K extends HistogramName>(name: K, labels: LabelsOf<K>, value: number): void
  /**
   * Has a gauge read when somebody asks for the metrics; what several read of one gauge is added up.
   * @returns ends that
   */
  watch(name: GaugeName, read: () => number): () => void
}

/** The metrics of one process, or of one test. */
export interface MetricsRegistry extends Metrics {
  readonly contentType: string
  /** @returns all metrics in Prometheus' text format, version 0.0.4 */
  text(): Promise<string>
}

/** Measures nothing. */
export const NO_METRICS: Metrics = { count() {}, observe() {}, watch: () => () => {} }

/**
 * @returns a registry of its own with the metrics of metric-names.ts
 * @param options.process whether memory, processor time and event loop of the process are among them: for one registry a process
 */
export function createMetrics(options: { readonly process?: boolean } = {}): MetricsRegistry {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  const watched = new Map<string, Set<() => number>>()

  for (const [key, plan] of Object.entries<MetricPlan>(METRICS)) {
    const { name, help } = plan
    const common = { name, help, labelNames: [...plan.labels], registers: [registry] }
    if (plan.kind === 'counter') counters.set(key, new Counter(common))
    else if (plan.kind === 'histogram') {
      histograms.set(key, new Histogram({ ...common, buckets: [...(plan.buckets ?? [])] }))
    } else {
      const reads = new Set<() => number>()
      watched.set(key, reads)
      new Gauge({
        ...common,
        collect() {
          // What this process does not have, such as the galleries of an embedder, is not there, rather than zero.
          if (reads.size === 0) this.remove()
          else this.set([...reads].reduce((sum, read) => sum + read(), 0))
        },
      })
    }
  }

  return {
    contentType: registry.contentType,
    count: (name, labels) => counters.get(name)?.inc(labels),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    watch(name, read) {
      const reads = watched.get(name)
      // Two may watch with the same function.
      const mine = () => read()
      reads?.add(mine)
      return () => reads?.delete(mine)
    },
    text: () => registry.metrics(),
  }
}
