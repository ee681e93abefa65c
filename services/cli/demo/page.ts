import { type Html, html } from '../../../libs/report/html.js'
import { dataTable, reportPage } from '../../../libs/report/page.js'
import { type Figures, isRight } from './figures.js'
import type { SearchResult } from './match-probes.js'
import { DEMO_STYLE } from './page-style.js'
import { resolutionLabel } from './resolutions.js'
import { lowestScore, scoreChart } from './score-chart.js'

/** What the searches with one model came to. */
export interface ModelOutcome {
  /** Its name without its version. */
  readonly model: string
  /** `models/{model}/versions/{version}`. */
  readonly version: string
  readonly figures: readonly Figures[]
  readonly results: readonly SearchResult[]
}

/** Everything that the page shows. */
export interface PageContent {
  readonly source: string
  readonly subjects: number
  readonly faces: number
  readonly remarks: readonly string[]
  /** At least one; all searched for the same probes. */
  readonly models: readonly ModelOutcome[]
  /** A small picture of each subject, as a data URL. */
  readonly portraits: ReadonlyMap<string, string>
  /** The probes of the contact sheet, by index. */
  readonly sheet: ReadonlyMap<number, SheetProbe>
}

/** A probe of the contact sheet. */
export interface SheetProbe {
  readonly label: string
  /** Its picture at each resolution, as a data URL. */
  readonly pictures: ReadonlyMap<number, string>
}

const SHOWN_CANDIDATES = 3

/** @returns a page that needs no other file and no network */
export function demoPage(content: PageContent): string {
  const { source, subjects, faces, models, sheet } = content
  const lowest = Math.min(...models.map(({ results }) => lowestScore(results)))
  const ids = new Map([...content.portraits.keys()].map((subject, index) => [subject, `face-${index}`]))
  const shown = [...sheet].map(([probe, shownProbe]) => person(models, probe, shownProbe, ids))
  const probes = new Set(models[0]?.results.map(({ probe }) => probe)).size
  const body = html`<h1>Who is it at 8 pixels?</h1>
<p class="soft">${source}; ${models.length > 1 ? 'models' : 'model'} ${models.map(({ version }) => version).join(' and ')}; ${subjects} subjects with ${faces} faces enrolled.</p>
<p>Sharp faces were enrolled in a gallery. Probes, pictures of the same people, were brought down to fewer and fewer pixels, back up to the size that
the network takes, and searched for. Every step was a call over gRPC: Embed, Enroll, Downsample, Match. A score is the cosine of two embeddings, in the table the mean over the probes; pixels
count the shortest side of the face crop.</p>
<h2>Results by resolution</h2>
${figuresTable(models)}
<h2>Scores</h2>
${models.map(({ model, results }) => html`${models.length > 1 ? html`<h3>${model}</h3>` : ''}${scoreChart(model, results, lowest)}`)}
<p class="legend"><span><svg viewBox="-7 -7 14 14" aria-hidden="true"><circle class="mated" r="4"/></svg> the person on the probe</span>
<span><svg viewBox="-7 -7 14 14" aria-hidden="true"><path class="other" d="M0 -5l5 5-5 5-5-5z"/></svg> the best of everybody else</span>
<span><svg viewBox="-7 -7 14 14" aria-hidden="true"><path class="mean" d="M-7 0h14"/></svg> mean</span></p>
<p>Where the diamonds reach the discs, faces are no longer told apart.</p>
<h2>What to keep in mind</h2>
<ul>${[...content.remarks, ...ALWAYS_TRUE].map((remark) => html`<li>${remark}</li>`)}</ul>
<h2>Every probe</h2>
<p class="soft">${shown.length < probes ? html`The first ${shown.length} of ${probes} probes. ` : ''}The probe with its pixels as they are, beside its best ${SHOWN_CANDIDATES} matches;
✓ marks a right best match, ✗ a wrong one, <span class="self">●</span> the person on the probe.</p>
${shown}
<svg class="stock" aria-hidden="true"><defs>${[...content.portraits].map(
    ([subject, url]) => html`<image id="${ids.get(subject) ?? ''}" href="${url}" width="64" height="64"/>`,
  )}</defs></svg>`
  return reportPage({ title: 'crossres demo: who is it at 8 pixels?', style: DEMO_STYLE, body })
}

function figuresTable(models: readonly ModelOutcome[]): Html {
  const of = (column: string, model: string) => (models.length > 1 ? `${column}, ${model}` : column)
  const columns = [
    {
      head: 'Right at rank 1',
      cell: ({ right, probes }: Figures) => `${((100 * right) / probes).toFixed(0)} % (${right}/${probes})`,
    },
    { head: 'Score, right subject', cell: ({ meanMated }: Figures) => meanMated.toFixed(3) },
    {
      head: 'Score, best other',
      cell: ({ meanBestNonMated }: Figures) => (Number.isFinite(meanBestNonMated) ? meanBestNonMated.toFixed(3) : '–'),
    },
  ]
  const rows = models[0]?.figures ?? []
  return dataTable(
    ['Resolution', ...columns.flatMap(({ head }) => models.map(({ model }) => of(head, model)))],
    rows.map(({ resolution }, row) => [
      resolutionLabel(resolution),
      ...columns.flatMap(({ cell }) => models.map(({ figures }) => cell(figures[row] as Figures))),
    ]),
  )
}

function person(
  models: readonly ModelOutcome[],
  probe: number,
  { label, pictures }: SheetProbe,
  ids: ReadonlyMap<string, string>,
): Html {
  const searchesOf = ({ results }: ModelOutcome) => results.filter((result) => result.probe === probe)
  const subject = models.flatMap(searchesOf)[0]?.subject ?? ''
  const title = label.startsWith(subject) ? label : `${label}, enrolled as ${subject}`
  return html`<section class="person"><h3>${title}</h3>${models.map(
    (outcome) => html`${models.length > 1 ? html`<h4>${outcome.model}</h4>` : ''}<div class="searches">
${searchesOf(outcome).map((search) => searchCard(search, pictures.get(search.resolution) ?? '', ids))}
</div>`,
  )}</section>`
}

function searchCard(search: SearchResult, picture: string, ids: ReadonlyMap<string, string>): Html {
  const { resolution, subject, candidates } = search
  const verdict = isRight(search) ? html`<span class="right">✓ right</span>` : html`<span class="wrong">✗ wrong</span>`
  return html`<article class="search"><header><span>${resolutionLabel(resolution)}</span>${verdict}</header><div class="pair">
<img class="probe" src="${picture}" alt="${subject}, ${resolutionLabel(resolution)}" width="80" height="80">
<ol>${candidates.slice(0, SHOWN_CANDIDATES).map((found) => {
    const self = found.subject === subject
    return html`<li><svg viewBox="0 0 64 64" role="img" aria-label="${found.subject}"><title>${found.subject}</title><use href="#${ids.get(found.subject) ?? ''}"/></svg>
<span class="value ${self ? 'self' : ''}">${found.score.toFixed(3)}${self ? ' ●' : ''}</span></li>`
  })}</ol></div></article>`
}

const ALWAYS_TRUE = [
  'Every person searched for is in the gallery: nothing here says how often a stranger would be taken for somebody.',
  'No threshold decides anything here. Ranks and scores alone tell no error rate.',
]
