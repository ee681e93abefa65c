import type { Progress, StartProgress } from '../progress.js'
import { lastSegment } from '../resource-names.js'

/** How far an evaluation, or a calibration, is. */
interface Shown {
  readonly phase: string
  /** The model at work; empty: none, or there is one only. */
  readonly model: string
  readonly done: number
  readonly total: number
}

/** @returns what shows an evaluation: a bar for each of its phases */
export function showEvaluation(startProgress: StartProgress) {
  let bar: Progress | undefined
  let label = ''
  let shown = 0
  const stop = () => bar?.stop()
  return {
    show({ phase, model, done, total }: Shown): void {
      const now = model === '' ? phase : `${phase} (${nameOf(model)})`
      if (now !== label) {
        stop()
        bar = startProgress(now, total)
        label = now
        shown = 0
      }
      for (; shown < done; shown++) bar?.advance()
    },
    stop,
  }
}

/** "models/base/versions/0123456789ab" as "base 0123456789ab". */
const nameOf = (version: string) => `${version.split('/')[1] ?? ''} ${lastSegment(version)}`
