import { JobState } from '../../../gen/crossres/v1/common.js'
import type { Training } from '../../../gen/crossres/v1/trainer.js'
import { durationText } from '../../../libs/report/duration.js'
import { type Html, html } from '../../../libs/report/html.js'
import { dataTable, reportPage } from '../../../libs/report/page.js'
import type { MetricsLine } from '../run/metrics-log.js'
import { fromMethod } from '../runs/messages.js'
import { resolutionName, validationLines } from './curves.js'
import { knownSettings } from './setting-list.js'
import { trainingFigures } from './training-figures.js'

/** Style beyond that of every page. */
const STYLE = `
table.figures { width: auto } .facts td, .facts th, .settings td, .settings th { text-align: left } .facts td { white-space: normal; overflow-wrap: anywhere } .facts thead { display: none }
.settings td { white-space: normal; vertical-align: top } .settings td:first-child { white-space: nowrap } .changed { font-weight: 700 }
.failure { border-left: 4px solid var(--wrong); background: var(--panel); padding: 8px 16px; margin: 16px 0 } .failure p { margin: 4px 0 }
`

/**
 * @param training as the Trainer describes it, at work or ended
 * @param lines its metrics so far
 * @returns an HTML page of the run that needs no other file and no network; the same run gives the same bytes
 */
export async function trainingPage(training: Training, lines: readonly MetricsLine[]): Promise<string> {
  const id = training.name.slice(training.name.lastIndexOf('/') + 1)
  const figures = await trainingFigures(lines, training.config?.settings.schedule)
  const body = html`<h1>Training ${id}</h1>
<p class="soft">${summary(training)}</p>
${training.error ? failure(training.error) : ''}
<h2>What became of it</h2>
<div class="facts">${dataTable(['Fact', 'Value'], facts(training, lines))}</div>
<h2>How it went</h2>
${figures.length > 0 ? html`<div class="plots">${figures}</div>` : html`<p>No step has been recorded yet: figures are stored with the checkpoints.</p>`}
<h2>Settings</h2>
<p>The preset is ${training.config?.preset ?? ''}; what differs from it is <span class="changed">bold</span>, with the preset’s value behind it.</p>
<div class="settings">${settingsTable(training)}</div>`
  return reportPage({ title: `crossres training ${id}`, style: STYLE, body })
}

function summary({ config, state, progress }: Training): string {
  const method = config ? fromMethod(config.method) : ''
  const steps = progress ? `step ${progress.step} of ${progress.totalSteps}` : 'not begun'
  return `${STATES[state] ?? 'unknown'}, ${steps}; method ${method}`
}

const STATES: Readonly<Record<number, string>> = {
  [JobState.QUEUED]: 'Queued',
  [JobState.RUNNING]: 'Running',
  [JobState.SUCCEEDED]: 'Succeeded',
  [JobState.FAILED]: 'Failed',
  [JobState.CANCELLED]: 'Cancelled',
}

function failure({ reason, message }: NonNullable<Training['error']>): Html {
  return html`<div class="failure" role="alert"><p class="wrong">✗ It failed: ${reason}</p><p>${message}</p></div>`
}

function facts(training: Training, lines: readonly MetricsLine[]): (readonly [string, string | Html])[] {
  const { config, progress, resultVersion, checkpointStep, startTime, endTime } = training
  const skipped = progress?.skippedImages ?? 0n
  const best = progress?.best
  const first = validationLines(lines)[0]
  const atStart = best?.step === 0n ? ': none was better than the start’s' : ''
  return [
    ['Result', resultVersion === '' ? 'none' : html`<strong>${resultVersion}</strong>`],
    ['Best validation', best ? `${tarText(best.tar)}, after step ${best.step}${atStart}` : 'none'],
    ['First validation', first ? `${tarText(first.validation.tar)}, after step ${first.step}` : 'none'],
    ['Base', config?.baseModel ?? ''],
    ['Teacher', config?.teacherModel ?? ''],
    ['Data', config?.dataUri ?? ''],
    ['Landmarks', config?.landmarksUri || 'those beside the pictures, or detected'],
    ['Seed', String(config?.seed ?? 0n)],
    ['Images seen', (progress?.imagesSeen ?? 0n).toLocaleString('en')],
    ['Images left out', skipped > 0n ? html`<strong>${String(skipped)}</strong> that could not be read` : 'none'],
    ['Newest checkpoint', checkpointStep > 0n ? `after step ${checkpointStep}` : 'none'],
    ['Began', timeText(startTime)],
    ['Ended', timeText(endTime)],
    ['Took', startTime && endTime ? durationText((+endTime - +startTime) / 1000) : ''],
  ]
}

/** The same wherever the page is made. */
const timeText = (time: Date | undefined) => (time ? `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC` : '')

/** @returns TAR by resolution, "24 px 81.2 %, full resolution 97.0 %" */
function tarText(tar: Readonly<Record<string, number>>): string {
  return Object.entries(tar)
    .map(([resolution, value]) => `${resolutionName(resolution)} ${(100 * value).toFixed(1)} %`)
    .join(', ')
}

function settingsTable({ config }: Training): Html {
  const method = config ? fromMethod(config.method) : ''
  const preset = new Map(knownSettings(method, config?.preset ?? '').map((setting) => [setting.name, setting]))
  const rows = Object.entries(config?.settings ?? {}).map(([name, value]) => {
    const known = preset.get(name)
    const changed = known !== undefined && known.value !== value
    const shown = changed ? html`<span class="changed">${value}</span> (${known.value})` : value
    return [name, shown, known?.about ?? ''] as const
  })
  return dataTable(['Setting', 'Value', 'What it is'], rows)
}
