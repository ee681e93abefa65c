import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.js'

const FIXTURES = new URL('../../../test/fixtures/metrics/', import.meta.url)
const golden = JSON.parse(readFileSync(new URL('golden-metrics.json', FIXTURES), 'utf8'))
const fixture = (name: string) => fileURLToPath(new URL(name, FIXTURES))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-metrics-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileOf(content: string, name = 'scores.csv'): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

/** Runs the command in this process. */
async function crossres(...args: string[]) {
  const said = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof said) =>
    new Writable({
      write(chunk, _, done) {
        said[name] += chunk
        done()
      },
    }) as unknown as NodeJS.WriteStream
  const code = await runCli(args, {
    env: {},
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  })
  return { code, ...said }
}

async function json(...args: string[]) {
  const { code, stdout, stderr } = await crossres('metrics', ...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

const VERIFICATION = golden.verification[1]
const verificationCsv = (): string =>
  [
    'pair,mated,score',
    ...VERIFICATION.scores.map((score: number, i: number) => `"${i}, a pair",${VERIFICATION.mated[i]},${score}`),
  ].join('\n')

const IDENTIFICATION = golden.identification[1]
const identificationCsv = (): string =>
  [
    'probe,probe_subject,gallery_subject,score',
    ...IDENTIFICATION.probes.flatMap((subject: number, probe: number) =>
      IDENTIFICATION.gallery.map(
        (gallery: number, column: number) => `p${probe},${subject},${gallery},${IDENTIFICATION.scores[probe][column]}`,
      ),
    ),
  ].join('\r\n')

describe('crossres metrics verification', () => {
  it.each(['CSV', 'Parquet'])('answers what scikit-learn does, from %s', async (format) => {
    const file = format === 'CSV' ? await fileOf(verificationCsv()) : fixture('verification-zstd.parquet')
    const answer = await json('verification', file, '--far', '0.001,0.01,0.1,0.29,0.5')
    expect(answer).toMatchObject({ mated: 60, non_mated: 140, failed: 0, tar_at_far: VERIFICATION.tarAtFar })
    expect(answer.auc).toBeCloseTo(VERIFICATION.auc, 12)
    expect(answer.eer).toBeCloseTo(VERIFICATION.eer, 9)
  })

  it('names its usual targets as decimals', async () => {
    const { tar_at_far } = await json('verification', await fileOf('score,mated\n0.9,1\n0.1,0\n'))
    expect(tar_at_far).toEqual({ 0.1: 1, 0.01: 1, 0.001: 1, 0.0001: 1, '0.00001': 1, '0.000001': 1 })
    const { tar_at_far: lower } = await json(
      'verification',
      await fileOf('score,mated\n0.9,1\n0.1,0\n'),
      '--far',
      '1e-7',
    )
    expect(lower).toEqual({ '0.0000001': 1 })
  })

  it('counts failed extractions as misses, and says so', async () => {
    const file = await fileOf('\ufeffscore,mated\n0.9,1\nnan,1\n,1\n-inf,true\n0.1,0.0\n NaN , False \n')
    const { code, stdout, stderr } = await crossres('metrics', 'verification', file, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ mated: 4, non_mated: 2, failed: 4, tar_at_far: { 0.1: 0.25 } })
    expect(stderr).toContain('4 comparisons without a score')
  })

  it('says in words what it found', async () => {
    const { code, stdout } = await crossres('metrics', 'verification', await fileOf(verificationCsv()))
    expect(code).toBe(0)
    expect(stdout).toContain('60 mated comparisons, 140 non-mated.')
    expect(stdout).toMatch(/^ +0\.1 +66\.67 % +33\.33 % +0\.6/m)
    expect(stdout).toContain('With 140 non-mated comparisons, FAR 0.001, 0.0001, 0.00001, 0.000001 allows none of them')
  })
})

describe('crossres metrics identification', () => {
  it.each(['CSV', 'Parquet'])('answers what NumPy does by definition, from %s', async (format) => {
    const file = format === 'CSV' ? await fileOf(identificationCsv()) : fixture('identification-snappy.parquet')
    const answer = await json('identification', file, '--fpir', '0.01,0.1,0.2,0.3')
    expect(answer).toMatchObject({ mated_searches: 13, non_mated_searches: 17, failed: 0, cmc: IDENTIFICATION.cmc })
    expect(answer.map).toBeCloseTo(IDENTIFICATION.map, 12)
    for (const [fpir, fnir] of Object.entries(IDENTIFICATION.fnirAtFpir)) {
      expect(answer.fnir_at_fpir[fpir]).toBeCloseTo(fnir as number, 12)
    }
    const limited = await json('identification', file, '--fpir', '0.1', '--rank-limit', '2', '--ranks', '3')
    expect(limited.fnir_at_fpir['0.1']).toBeCloseTo(IDENTIFICATION.fnirAtFpirRank2['0.1'], 12)
    expect(limited.cmc).toEqual(IDENTIFICATION.cmc.slice(0, 3))
  })

  it('takes a subject for enrolled wherever in the file it is, and nobody for nobody', async () => {
    const rows = [
      'probe,probe_subject,gallery_subject,score',
      'a,Ada,Ada,0.9',
      // Bob is enrolled, but not among the candidates of b.
      'b,Bob,Ada,0.2',
      'a,Ada,Bob,0.1',
      // A stranger and a distractor are not each other's mates.
      'c,,,0.4',
    ]
    const answer = await json('identification', await fileOf(rows.join('\n')), '--fpir', '0.5')
    expect(answer).toMatchObject({
      mated_searches: 2,
      non_mated_searches: 1,
      cmc: [0.5, 0.5],
      map: 0.5,
      fnir_at_fpir: { 0.5: 0.5 },
    })
  })

  it('has no open-set figures without strangers, and no closed-set ones without anybody known', async () => {
    const head = 'probe,probe_subject,gallery_subject,score\n'
    const closed = await json('identification', await fileOf(`${head}a,Ada,Ada,0.9\n`), '--fpir', '0.1')
    expect(closed).toMatchObject({ cmc: [1], map: 1, fnir_at_fpir: { 0.1: null } })
    const open = await json('identification', await fileOf(`${head}a,Eve,Ada,0.9\n`), '--fpir', '0.1')
    expect(open).toMatchObject({ cmc: [], map: null, fnir_at_fpir: { 0.1: null } })
  })

  it('says in words what it found', async () => {
    const { stdout } = await crossres('metrics', 'identification', await fileOf(identificationCsv()), '--fpir', '0.1')
    expect(stdout).toContain('13 mated searches, 17 non-mated.')
    expect(stdout).toMatch(/^Rank 1 +92\.31 %$/m)
    expect(stdout).toMatch(/^mAP +71\.31 %$/m)
    expect(stdout).toMatch(/^ +0\.1 +46\.15 %/m)
  })
})

describe('a file that does not fit', () => {
  const search = 'probe,probe_subject,gallery_subject,score\n'
  it.each([
    ['verification', 'score,mated\n0.5,1\n"0.\n5",1\n', /scores\.csv, line 4, column score: "0\.\n5" is not a number/],
    [
      'verification',
      'score,mated\n0.5,1\n\nx,1\n',
      /scores\.csv, line 4, column score: "x" is not a number, or empty or nan/,
    ],
    ['verification', 'score,mated\n0.5,2\n', /line 2, column mated: "2" is not 1 or 0/],
    ['verification', 'score,mated\n0.5,\n', /line 2, column mated: "" is not 1 or 0/],
    ['verification', 'score,mated\ninf,1\n', /line 2, column score: "inf" is not a number/],
    ['verification', 'score,label\n0.5,1\n', /scores\.csv: no column mated; expected score, mated, found score, label/],
    ['verification', '', /no columns score, mated; expected score, mated, found none/],
    ['verification', 'score,mated\n0.5,1,3\n', /scores\.csv: .*line 2/],
    ['verification', 'score,mated\n', /scores\.csv holds no mated comparison/],
    ['verification', 'score,mated\n0.5,1\n', /scores\.csv holds no non-mated comparison/],
    ['verification', 'PAR1 and nothing else', /scores\.csv: it cannot be read as Parquet/],
    ['identification', `${search}a,1,1,0.5\na,2,1,0.4\n`, /line 3: probe a has another probe_subject than before/],
    ['identification', `${search},1,1,0.5\n`, /line 2, column probe: "" is not a name or a number/],
    ['identification', search, /scores\.csv holds no search/],
  ])('is refused with its place: %s %j', async (kind, content, message) => {
    const { code, stdout, stderr } = await crossres('metrics', kind, await fileOf(content))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/\(SCORES_FILE_(INVALID|EMPTY)\)\n$/)
  })

  it('may be none at all', async () => {
    const missing = await crossres('metrics', 'verification', join(folder, 'none.csv'))
    expect(missing).toMatchObject({ code: 1 })
    expect(missing.stderr).toContain('none.csv: there is no such file')
    expect((await crossres('metrics', 'verification', folder)).stderr).toContain('it is a folder')
  })

  it('names the row and the columns of Parquet', async () => {
    const cell = await crossres('metrics', 'verification', fixture('wrong-cell.parquet'))
    expect(cell.stderr).toContain('wrong-cell.parquet, row 3, column score: "oops" is not a number')
    const wrong = await crossres('metrics', 'identification', fixture('verification-zstd.parquet'))
    expect(wrong.stderr).toContain('no columns probe, probe_subject, gallery_subject; expected')
    expect(wrong.stderr).toContain('found mated, note, score')
  })
})

it('refuses rates that are none', async () => {
  const { code, stderr } = await crossres('metrics', 'verification', 'x.csv', '--far', '0.1,2')
  expect(code).toBe(2)
  expect(stderr).toContain('above 0 and below 1')
})
