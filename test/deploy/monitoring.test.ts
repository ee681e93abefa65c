import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { METRICS } from '../../libs/telemetry/metric-names.js'
import { ROOT } from './kustomize.js'

const COMPONENTS = join(ROOT, 'deploy/components')
const dashboard = JSON.parse(await readFile(join(COMPONENTS, 'monitoring/crossres.json'), 'utf8')) as {
  panels: { title: string; type: string; targets?: { expr: string }[] }[]
}
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const scaling = await readFile(join(COMPONENTS, 'keda/scaled-objects.yaml'), 'utf8')

/** Our metrics in an expression, with the labels that it filters or sums by. */
function asked(expression: string) {
  const names = [...expression.matchAll(/crossres_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''))
  const sums = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '))
  const filters = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label)
  return { names, labels: [...sums, ...filters] }
}

// What Prometheus adds for where it scraped, and to histograms.
const ADDED = ['namespace', 'service', 'pod', 'le']

it.each([...expressions, ...scaling.split('\n').filter((line) => line.includes('query:'))])(
  'knows what it asks: %s',
  (expression) => {
    const { names, labels } = asked(expression)
    for (const name of names) {
      const plan = Object.values(METRICS).find((metric) => metric.name === name)
      expect(plan, name).toBeDefined()
      expect([...ADDED, ...(plan?.labels ?? [])], name).toEqual(expect.arrayContaining(labels))
      expect(expression.includes(`${name}_bucket`), name).toBe(plan?.kind === 'histogram')
    }
  },
)

it('shows every metric', () => {
  const shown = new Set(expressions.flatMap((expression) => asked(expression).names))
  expect([...shown].sort()).toEqual(
    Object.values(METRICS)
      .map(({ name }) => name)
      .sort(),
  )
})
