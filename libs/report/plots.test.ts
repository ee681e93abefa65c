import { expect, it } from 'vitest'
import { heatMap } from './heat-map.js'
import { histogram } from './histogram.js'
import { lineChart } from './line-chart.js'

const roc = {
  title: 'ROC <1:1>',
  description: 'By "resolution"',
  x: { label: 'FMR', scale: 'log', domain: [1e-5, 1] },
  y: { label: 'TAR', domain: [0, 1], format: '.0%' },
  series: [
    {
      name: '8 px',
      points: [
        [0, 0],
        [1e-6, 0.1],
        [1e-4, 0.5],
        [1e-4, 0.6],
        [1, 1],
      ],
    },
    {
      name: 'full',
      points: [
        [1e-4, 0.9],
        [1, Number.NaN],
        [1, 1],
      ],
    },
  ],
  marks: [{ x: 1e-3, y: 0.5, label: 'here & now' }],
} as const

const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
const lines = (svg: string) => [
  ...svg.matchAll(/<path d="(M[^"]*L[^"]*)" stroke="(var\(--series-\d\))"[^>]*stroke-width="1.8"/g),
]

const pointsOf = (path = '') =>
  path
    .slice(1)
    .split('L')
    .map((point) => point.split(',').map(Number))

it('draws the same bytes from the same numbers, without ids that would clash on a page', async () => {
  const first = await lineChart(roc)
  await histogram({ title: 'other', x: { label: 'x' }, series: [{ name: 'a', values: [1, 2] }] })
  expect(await lineChart(roc)).toBe(first)
  expect(first).not.toMatch(/ id=|url\(/)
})

it('says what it shows, escaped, and takes every colour from the page', async () => {
  const svg = await lineChart(roc)
  expect(svg).toMatch(
    /^<svg [^>]*role="img"[^>]*><title>ROC &lt;1:1&gt;<\/title><desc>By &quot;resolution&quot;<\/desc>/,
  )
  expect(words(svg)).toEqual(expect.arrayContaining(['FMR', 'TAR', '8 px', 'full', 'here &amp; now', '60%']))
  for (const [, colour] of svg.matchAll(/(?:fill|stroke)="([^"]+)"/g))
    expect(colour).toMatch(/^(none|transparent|var\(--.+\))$/)
})

it('leaves out what an axis cannot show, and keeps a rise in one place', async () => {
  const [low, full] = lines(await lineChart(roc)).map(([, path, colour]) => ({ points: pointsOf(path), colour }))
  expect([low?.colour, full?.colour]).toEqual(['var(--series-1)', 'var(--series-2)'])
  const [right, bottom] = [full?.points[1]?.[0] as number, (full?.points[0]?.[1] as number) / 0.1]
  // 1e-4 is a fifth of the way from 1e-5 to 1.
  const near = (x: number, y: number) => [expect.closeTo(x * right, 1), expect.closeTo((1 - y) * bottom, 1)]
  expect(low?.points).toEqual([near(0.2, 0.5), near(0.2, 0.6), near(1, 1)])
  expect(full?.points).toEqual([near(0.2, 0.9), near(1, 1)])
})

it('writes the decades of a log axis, and nothing between them', async () => {
  const ticks = words(await lineChart({ ...roc, series: [] })).slice(0, 6)
  expect(ticks).toEqual(['1e-5', '1e-4', '0.001', '0.01', '0.1', '1'])
})

it('keeps to the decades of a stated domain, and draws a log axis without points', async () => {
  const y = { label: 'y' }
  const stated = { title: 't', x: { label: 'x', scale: 'log', domain: [3e-5, 0.5] }, y, series: [] } as const
  expect(words(await lineChart(stated)).slice(0, 4)).toEqual(['1e-4', '0.001', '0.01', '0.1'])
  const empty = { title: 't', x: { label: 'nothing', scale: 'log' }, y, series: [] } as const
  expect(words(await lineChart(empty))).toContain('nothing')
})

it('needs no legend for one series, and no points at all', async () => {
  const svg = await lineChart({
    title: 't',
    x: { label: 'x' },
    y: { label: 'y' },
    series: [{ name: 'alone', points: [] }],
  })
  expect(words(svg)).not.toContain('alone')
  expect(words(svg)).toContain('x')
})

it('counts values into bins, the upper end into the last', async () => {
  const chart = { title: 'h', x: { label: 'x', domain: [0, 1] }, bins: 4 } as const
  const svg = await histogram({ ...chart, series: [{ name: 'a', values: [0, 0.1, 0.2, 0.3, 1, 7, Number.NaN, -1] }] })
  const bars = [
    ...svg.matchAll(/d="M([\d.]+),[\d.]+h([\d.]+)v([\d.]+)h-[^"]*" fill="var\(--series-1\)"[^>]*fill-opacity/g),
  ]
  const drawn = bars.map(([, ...numbers]) => numbers.map(Number) as [x: number, width: number, height: number])
  // Three of eight values, one and one.
  const [first, second, last] = drawn.map(([x, width, height]) => ({ bin: Math.round(x / width), height }))
  expect([drawn.length, first?.bin, second?.bin, last?.bin]).toEqual([3, 0, 1, 3])
  expect((first?.height ?? 0) / (second?.height ?? 0)).toBeCloseTo(3, 1)
  expect(second?.height).toBe(last?.height)
})

it('draws shares that are counted already as it draws values', async () => {
  const chart = { title: 'h', x: { label: 'x', domain: [0, 1] }, bins: 4 } as const
  const counted = await histogram({ ...chart, series: [{ name: 'a', shares: Float64Array.of(0.5, 0.25, 0, 0.25) }] })
  expect(counted).toBe(await histogram({ ...chart, series: [{ name: 'a', values: [0, 0.1, 0.3, 1] }] }))
})

it('shades a table by its values and leaves cells without one empty', async () => {
  const svg = await heatMap({
    title: 'm',
    x: { label: 'probe', names: ['8', '24'] },
    y: { label: 'gallery', names: ['8', 'full'] },
    values: [
      [0, 0.5],
      [1, Number.NaN],
    ],
    format: '.2f',
  })
  expect(words(svg).filter((word) => /^\d\.\d\d$/.test(word ?? ''))).toEqual(['0.00', '0.50', '1.00'])
  const shades = [...svg.matchAll(/fill-opacity="([\d.]+)"/g)].map(([, value]) => Number(value))
  expect(shades).toEqual([0.04, expect.closeTo(0.295), 0.55])
})
