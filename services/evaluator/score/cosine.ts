import type { TemplateFeatures } from './template-features.js'

/**
 * @param a the row of the first template
 * @param b the row of the second template
 * @returns the cosine of two rows of length one, in [-1, 1]; NaN where either has no feature
 */
export function cosine(first: TemplateFeatures, a: number, second: TemplateFeatures, b: number): number {
  const { rows, dimension } = first
  const others = second.rows
  let [sum, from, to] = [0, a * dimension, b * dimension]
  for (let i = 0; i < dimension; i++) sum += (rows[from++] as number) * (others[to++] as number)
  return sum
}
