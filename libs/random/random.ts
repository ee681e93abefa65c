/** Where a generator stands: four words of 32 bits, fit for JSON. */
export type RandomState = readonly [number, number, number, number]

/** A generator of reproducible random numbers that can be stopped and continued. */
export interface Random {
  /** @returns 32 random bits as an integer in 0..2^32 - 1 */
  bits(): number
  /** @returns a real number in [low, high), of 53 random bits; default [0, 1) */
  uniform(low?: number, high?: number): number
  /** @returns an integer, each of low..high (both included, at most 2^32 of them) as likely as any other */
  integer(low: number, high: number): number
  /** @returns a number of the standard normal distribution */
  normal(): number
  /** Brings a list into a random order, in place. */
  shuffle(list: unknown[]): void
  /** @returns where the generator stands, for `restoreRandom` */
  state(): RandomState
}

/**
 * A generator from a seed: xoshiro128** 1.1, its state filled by SplitMix64 as its authors advise.
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (2021); prng.di.unimi.it.
 *
 * @param seed an integer of which the low 64 bits count
 */
export function createRandom(seed: bigint): Random {
  const fill = splitMix64(seed)
  const [first, second] = [fill(), fill()]
  return restoreRandom([low(first), high(first), low(second), high(second)])
}

/** A generator that goes on where another one stood. */
export function restoreRandom([first, second, third, fourth]: RandomState): Random {
  let [a, b, c, d] = [first >>> 0, second >>> 0, third >>> 0, fourth >>> 0]

  const bits = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
  // 27 + 26 bits make the 53 of a double.
  const unit = () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53
  const integer = (from: number, to: number) => {
    const count = to - from + 1
    // The remainder of 2^32 would make some integers likelier: draw again.
    const fair = 2 ** 32 - (2 ** 32 % count)
    let drawn = bits()
    while (drawn >= fair) drawn = bits()
    return from + (drawn % count)
  }

  return {
    bits,
    uniform: (from = 0, to = 1) => from + (to - from) * unit(),
    integer,
    // Box and Muller (1958), the cosine alone: keeping the sine for later would be more state.
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    shuffle(list) {
      // Fisher and Yates, from the end.
      for (let last = list.length - 1; last > 0; last--) {
        const other = integer(0, last)
        const kept = list[last]
        list[last] = list[other]
        list[other] = kept
      }
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  }
}

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by))
const low = (word: bigint) => Number(word & 0xffffffffn)
const high = (word: bigint) => Number(word >> 32n)

/** SplitMix64 (Steele, Lea, Flood 2014), with the constants of prng.di.unimi.it/splitmix64.c. */
function splitMix64(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed)
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
    let word = state
    word = BigInt.asUintN(64, (word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n)
    word = BigInt.asUintN(64, (word ^ (word >> 27n)) * 0x94d049bb133111ebn)
    return word ^ (word >> 31n)
  }
}
