import { effectiveResolution } from '../../dist/libs/face/effective-resolution/effective-resolution.js'
import { treatFace } from '../../dist/libs/face/effective-resolution/testing/known-face.js'
import { readFace } from './faces.mjs'
import { TEMPLATES } from './treatments.mjs'

const RESOLUTIONS = [8, 12, 16, 24, 32, 48, 64, 96]
const SENT = 128
/** How faces of a known resolution come to be 128 px large. */
const WAYS = {
  nearest: { enlarge: 'nearest' },
  bilinear: { enlarge: 'bilinear' },
  bicubic: { enlarge: 'bicubic' },
  lanczos: { enlarge: 'lanczos' },
  'bilinear, JPEG 75': { enlarge: 'bilinear', quality: 75 },
}

/**
 * Mean absolute error of the estimate in octaves, of faces made small and enlarged to 128 px, as a Markdown table; beside it the share of
 * those faces that are taken for smaller ones than 128 px, and the mean error with its sign.
 */
export async function errorTable(faces) {
  const rows = [
    `| true | ${Object.keys(WAYS).join(' | ')} | all | bias | lowered |`,
    `|---|${'---|'.repeat(Object.keys(WAYS).length + 3)}`,
  ]
  const cells = new Map()
  for (const [index, entry] of faces.entries()) {
    const face = await readFace(entry)
    for (const resolution of RESOLUTIONS) {
      for (const [way, treatment] of Object.entries(WAYS)) {
        const template = TEMPLATES[index % TEMPLATES.length]
        const { chip, geometric } = await treatFace(face, template, { resolution, enlargedTo: SENT, ...treatment })
        const { pixels, estimate } = effectiveResolution(chip, geometric)
        const cell = { error: Math.log2(estimate / resolution), lowered: pixels < geometric }
        cells.set(`${resolution} ${way}`, [...(cells.get(`${resolution} ${way}`) ?? []), cell])
      }
    }
  }
  const mean = (list, of) => list.reduce((sum, item) => sum + of(item), 0) / list.length
  const absolute = (list) => mean(list, ({ error }) => Math.abs(error)).toFixed(2)
  for (const resolution of RESOLUTIONS) {
    const row = Object.keys(WAYS).map((way) => cells.get(`${resolution} ${way}`))
    const all = row.flat()
    const lowered = `${(100 * mean(all, (cell) => cell.lowered)).toFixed(1)} %`
    rows.push(
      `| ${[resolution, ...row.map(absolute), absolute(all), mean(all, ({ error }) => error).toFixed(2), lowered].join(' | ')} |`,
    )
  }
  return rows.join('\n')
}

/** Faces that are what they seem, as they came and made small, a half of them compressed: how many are taken for smaller ones. */
export async function falseLowering(faces) {
  const counts = new Map()
  for (const [index, entry] of faces.entries()) {
    const face = await readFace(entry)
    for (const resolution of ['full', 96, 64, 32, 16]) {
      const template = TEMPLATES[index % TEMPLATES.length]
      const treatment = { ...(resolution === 'full' ? {} : { resolution }), ...(index % 2 ? { quality: 75 } : {}) }
      const { chip, geometric } = await treatFace(face, template, treatment)
      const count = counts.get(resolution) ?? { faces: 0, lowered: 0 }
      count.faces++
      if (effectiveResolution(chip, geometric).pixels < geometric) count.lowered++
      counts.set(resolution, count)
    }
  }
  return [...counts].map(([resolution, { faces, lowered }]) => `${resolution}: ${lowered} of ${faces}`).join(', ')
}
