import { type Html, html } from '../../../libs/report/html.js'
import { resolutionText } from '../measure/conditions.js'
import type { ComparedTemplate } from '../score/read-score-file.js'
import { HARDEST, type HardComparison } from './hardest.js'
import type { Report } from './read-report.js'
import type { ConditionScores } from './report-scores.js'
import { conditionText, modelText } from './report-tables.js'
import type { Thumbnails } from './thumbnails.js'

/** CSS of the block. */
export const HARDEST_STYLE = `
h4 { font-size: .9rem; margin: 16px 0 8px } .hardest { display: flex; flex-wrap: wrap; gap: 16px; margin: 0 0 16px; padding: 0; list-style: none } .hardest li { width: min(184px, calc(50% - 8px)); font-size: .8rem; line-height: 1.35; overflow-wrap: anywhere; break-inside: avoid }
.hardest .pair { display: flex; gap: 4px; margin-bottom: 4px } .hardest img, .hardest .none { flex: 1; min-width: 0; height: auto; aspect-ratio: 1; object-fit: contain; background: var(--panel); color: var(--soft) } .hardest .none { padding: 8px }
`

/**
 * Shows the hardest comparisons of a protocol with their faces, a part for each model and condition.
 * @param scores of the protocol, as they are drawn
 */
export async function hardestBlock(
  report: Report,
  scores: readonly ConditionScores[],
  thumbnails: Thumbnails,
): Promise<Html> {
  const parts: Html[] = []
  for (const { protocol, model, condition, hardest } of scores) {
    if (hardest === undefined) continue
    const list = async (title: string, comparisons: readonly HardComparison[]) => {
      const items: Html[] = []
      for (const { score, reference, probe } of comparisons) {
        const faces = [
          await face(thumbnails, { protocol, shown: reference, resolution: condition.gallery, side: 'Gallery' }),
          await face(thumbnails, { protocol, shown: probe, resolution: condition.probe, side: 'Probe' }),
        ]
        const names = [...new Set([nameOf(reference), nameOf(probe)])].join(' / ')
        items.push(html`\n<li><div class="pair">${faces}</div>${score.toFixed(3)} ${names}</li>`)
      }
      return items.length === 0 ? '' : html`<h4>${title}</h4><ul class="hardest">${items}</ul>`
    }
    const opened = { html: parts.length === 0 ? ' open' : '' }
    parts.push(html`<details${opened}><summary>${modelText(model)}, ${conditionText(condition, report.spec.side)}</summary>
${await list('False matches', hardest.falseMatches)}${await list('Misses', hardest.misses)}</details>`)
  }
  return html`<h3>Hardest comparisons</h3>
<p class="soft">Up to ${HARDEST} of each: different subjects with the highest scores, and the same subject with the lowest. Gallery left, probe right, degraded as the network sees them${report.enhancer ? ' before enhancement' : ''}; of a template the first picture.</p>
${parts}`
}

interface ShownFace {
  readonly protocol: string
  readonly shown: ComparedTemplate
  readonly resolution: number
  readonly side: 'Gallery' | 'Probe'
}

async function face(thumbnails: Thumbnails, { protocol, shown, resolution, side }: ShownFace): Promise<Html> {
  const jpeg = await thumbnails.of(protocol, shown.template, resolution)
  const size = resolution === 0 ? 'full resolution' : `${resolutionText(resolution)} px`
  const words = `${side}: ${nameOf(shown)}, ${shown.template}, ${size}`
  if (jpeg === undefined) return html`<span class="none" title="${words}">no picture</span>`
  return html`<img alt="${words}" title="${words}" width="96" height="96" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}">`
}

const nameOf = ({ subject, template }: ComparedTemplate) => subject ?? `nobody known (${template})`
