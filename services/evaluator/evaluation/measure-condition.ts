import type { DotProducts } from '../../../libs/dot-products/dot-products.js'
import type { Protocol } from '../../../libs/protocols/protocol.js'
import type { Measurement } from '../measure/figure.js'
import { measureIdentification } from '../measure/measure-identification.js'
import { measureVerification } from '../measure/measure-verification.js'
import type { IntervalSettings } from '../measure/rate-intervals.js'
import { createSearchFile, type ScoreFileNotes, verificationFile } from '../score/score-file.js'
import { scoreIdentification } from '../score/score-identification.js'
import { scoreVerification } from '../score/score-verification.js'
import type { ComparedFeatures } from '../score/template-features.js'

/** A score file on its way. */
export interface ScoreFile {
  /** Tells the galleries of a protocol apart; empty where there is one file. */
  readonly part: string
  readonly body: Uint8Array
}

/** Searches of more comparisons than this have no score file: strings alone would take gigabytes. */
const MOST_IN_FILE = 50_000_000

/** @returns whether a protocol is of the benchmark that states its figures in a way of its own */
export const isSurvFace = (protocol: string) => protocol.startsWith('survface-')

const numbered = (place: number, count: number) => ({ gallery_number: String(place + 1), galleries: String(count) })

/**
 * Scores a protocol and measures the scores.
 * @param notes metadata of score files; absent: none is made
 */
export async function measureCondition(
  products: DotProducts,
  protocol: Protocol,
  features: ComparedFeatures,
  settings: IntervalSettings,
  notes?: ScoreFileNotes,
): Promise<{ readonly measurement: Measurement; readonly files: ScoreFile[] }> {
  const own = { ...settings, survFace: isSurvFace(protocol.name) }
  if (protocol.kind === 'verification') {
    const comparisons = await scoreVerification(products, protocol, features)
    const files = notes ? [{ part: '', body: verificationFile(protocol, comparisons.scores, notes) }] : []
    return { measurement: measureVerification(comparisons, own), files }
  }
  const comparisons = protocol.galleries.reduce(
    (sum, { templates }) => sum + templates.length * protocol.probes.length,
    0,
  )
  const searchFiles =
    notes && comparisons <= MOST_IN_FILE
      ? protocol.galleries.map(({ name }, i) =>
          createSearchFile(protocol, i, { ...notes, gallery_name: name, ...numbered(i, protocol.galleries.length) }),
        )
      : []
  const { galleries, subjects } = await scoreIdentification(products, protocol, features, (place, search, scores) =>
    searchFiles[place]?.add(search, scores),
  )
  return {
    measurement: measureIdentification(galleries, subjects, own),
    files: searchFiles.map((file, i) => ({ part: searchFiles.length > 1 ? String(i + 1) : '', body: file.finish() })),
  }
}
