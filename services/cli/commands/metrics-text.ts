import { count, type Output } from '../output.js'

/** @returns an object with a value for each target, named as decimals are written, e.g. "0.00001" */
export function byTarget<T>(targets: readonly number[], value: (index: number) => T): Record<string, T> {
  return Object.fromEntries(targets.map((target, index) => [decimal(target), value(index)]))
}

/** @returns null for what JSON has no number for */
export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

/** @param share in [0, 1] */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/** Says that failed extractions are in the figures. */
export function failuresNote(output: Output, failed: number, noun: string): void {
  if (failed > 0) output.note(`${count(failed, noun)} without a score: counted as failed extractions, never accepted.`)
}

/** Without the exponent that JavaScript writes below 1e-6. */
function decimal(target: number): string {
  const text = String(target)
  return text.includes('e') ? target.toFixed(20).replace(/0+$/, '') : text
}
