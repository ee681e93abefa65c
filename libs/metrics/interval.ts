/** A figure and where it may really lie. */
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}
