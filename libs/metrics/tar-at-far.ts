/**
 * True accept rate at a false accept rate: the share of mated scores at or above the lowest threshold at which no more than `far` of
 * the non-mated scores are accepted; no interpolation. A pair is accepted when its score is at or above the threshold.
 *
 * @param mated scores of pairs of one subject, at least one; higher is more similar
 * @param nonMated scores of pairs of two subjects, at least one
 * @param far in (0, 1)
 * @returns in [0, 1]
 */
export function tarAtFar(mated: Float32Array, nonMated: Float32Array, far: number): number {
  const falling = nonMated.slice().sort().reverse()
  const allowed = Math.floor(far * falling.length)
  // The best score that must stay outside: of scores tied with it, none may come in.
  const outside = falling[allowed] ?? Number.NEGATIVE_INFINITY
  return mated.filter((score) => score > outside).length / mated.length
}
