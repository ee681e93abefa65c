import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newFolder } from '../../../libs/dataset/testing/sample-faces.js'
import { writeSampleEvaluation } from '../testing/sample-evaluation.js'
import { makeReport } from './make-report.js'
import { pathSource } from './report-sources.js'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const MAKING = { version: '1.2.3', time: new Date('2026-03-01T20:00:00Z') }

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const draw = async (time = MAKING.time) => makeReport([await pathSource(folder)], { ...MAKING, time })
const captionsOf = (html: string) => [...html.matchAll(/<figcaption>([^<]+)/g)].map(([, caption]) => caption)

it('compares models at each resolution, the paper’s figures beside', async () => {
  await writeSampleEvaluation(folder, 'both', 2)
  const { html, csv, tex } = await draw()
  const captions = captionsOf(html)
  expect(captions).toContain('ROC, 8 px')
  expect(captions).toContain('DET, full')
  expect(captions).toContain('CMC, 16 px')
  expect(captions).toContain('FNIR over FPIR, 8 px')
  expect(captions).toContain('TPIR over FPIR, 8 px')
  expect(captions).toContain('Scores, mine 111111, full')
  expect(html).toContain('<td>paper: T-C</td><td>42.0</td><td>67.0</td><td>80.7</td><td>85.4</td>')
  expect(html).toMatch(
    /<td>mine 111111 − first<\/td><td><span class="right">▲ <\/span>\+[\d.]+<span class="interval">[\d.]+ to [\d.]+/,
  )
  expect(html).toContain('<td>Software</td><td>crossres 1.2.3</td>')
  expect(html).toContain('/faces &lt;of&gt; &quot;many&quot;')
  expect(html).toContain('d'.repeat(64))
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN|undefined/)
  expect(csv).toContain('ijbb-verification,tar_at_far,0.001,paper: T-C,paper,8,8,0.42,,,\r\n')
  expect(csv.split('\r\n')[0]).toBe('protocol,metric,parameter,model,source,probe,gallery,value,low,high,count')
  expect(tex).toContain('\\begin{tabular}{llrrrr}\n\\toprule\nMetric & Model & 8 px & 16 px & 32 px & full \\\\')
  expect(tex).toContain(' & paper: T-C & 42.0 & 67.0 & 80.7 & 85.4 \\\\')
})

it('sets enhanced probes beside the paper’s enhanced ones, which has none of IJB-B', async () => {
  await writeSampleEvaluation(folder, 'both', 1)
  const document = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))
  const enhancer = { model: 'network.onnx', digest: 'abc', scale: 4, below: null }
  await writeFile(join(folder, 'report.json'), JSON.stringify({ ...document, enhancer }))
  const { html } = await draw()
  expect(html).toContain('<td>degraded probes, 4 times, by network.onnx (abc)</td>')
  expect(html).not.toContain('paper: T-C')
})

it('lays a matrix out as triangle and heat map', async () => {
  await writeSampleEvaluation(folder, 'matrix', 1)
  const { html } = await draw()
  expect(captionsOf(html)).toContain('TAR at FAR 0.001, base 000000, %')
  expect(captionsOf(html)).toContain('TAR at FAR 0.001, paper: T-C, %')
  // The last row of the paper's table 2.
  expect(html).toContain('<td>full</td><td>27.2</td><td>66.3</td><td>82.2</td><td>85.4</td>')
})

it('is the same twice apart from the time', async () => {
  await writeSampleEvaluation(folder, 'probe', 1)
  const [first, again, later] = [await draw(), await draw(), await draw(new Date('2027-01-01T00:00:00Z'))]
  expect(again).toEqual(first)
  expect(later.html).not.toBe(first.html)
  expect(later.html.replace('2027-01-01 00:00:00', '2026-03-01 20:00:00')).toBe(first.html)
})

it('draws the tables where no scores were kept, and leaves scores of other data out', async () => {
  await writeSampleEvaluation(folder, 'probe', 1)
  const document = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))
  await writeFile(join(folder, 'report.json'), JSON.stringify({ ...document, dataset: 'other' }))
  const { html } = await draw()
  expect(html).toContain('No score files were found')
  await rm(join(folder, 'scores'), { recursive: true })
  expect((await draw()).html).toBe(html)
  expect(captionsOf(html)).toEqual(['CMC, base 000000'])
})

it('says what is wrong with a report or a score file', async () => {
  await expect(draw()).rejects.toMatchObject({ reason: 'REPORT_NOT_FOUND' })
  await writeFile(join(folder, 'report.json'), '{"schema": 1}')
  await expect(draw()).rejects.toMatchObject({ reason: 'REPORT_INVALID', message: expect.stringContaining('protocol') })
  await writeSampleEvaluation(folder, 'probe', 1)
  await writeFile(join(folder, 'scores', 'base', 'broken.parquet'), 'PAR1')
  await expect(draw()).rejects.toMatchObject({
    reason: 'SCORES_FILE_INVALID',
    message: expect.stringContaining('broken.parquet'),
  })
})

it.skipIf(CHROMIUM === undefined)(
  'opens in a browser without a word on its console and needs no scrolling sideways',
  async () => {
    await writeSampleEvaluation(folder, 'probe', 2)
    const page = join(folder, 'report.html')
    // A script writes down how wide the content wants to be; no window is narrower than 500 px.
    const { html } = await draw()
    const width = 'document.documentElement.scrollWidth'
    const script = `<script>document.title = 'width ' + ${width} + ' of ' + innerWidth</script></body>`
    await writeFile(page, html.replace('</body>', script))
    const open = async (file: string, ...flags: string[]) =>
      promisify(execFile)(
        CHROMIUM as string,
        [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--enable-logging=stderr',
          `--user-data-dir=${join(folder, 'profile')}`,
          ...flags,
          pathToFileURL(join(folder, file)).href,
        ],
        { maxBuffer: 1 << 26, timeout: 50_000 },
      )
    const { stdout, stderr } = await open('report.html', '--window-size=500,900', '--dump-dom')
    const [, wanted, given] = /<title>width (\d+) of (\d+)/.exec(stdout) ?? []
    expect(Number(wanted)).toBeLessThanOrEqual(Number(given))
    expect(stderr).not.toMatch(/CONSOLE/)
  },
)
