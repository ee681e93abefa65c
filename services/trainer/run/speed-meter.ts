/** Speed and losses over the last steps. */
export interface SpeedMeter {
  /** @param images of the step */
  add(images: number, losses: Readonly<Record<string, number>>): void
  /** Images a second; 0 before the second step. */
  imagesPerSecond(): number
  /** Means by name. */
  losses(): Record<string, number>
}

const STEPS = 20

/** @param now milliseconds that only grow */
export function createSpeedMeter(now: () => number): SpeedMeter {
  let entries: { readonly at: number; readonly images: number; readonly losses: Readonly<Record<string, number>> }[] =
    []
  return {
    add(images, losses) {
      entries = [...entries.slice(-STEPS), { at: now(), images, losses }]
    },
    imagesPerSecond() {
      const [first, ...rest] = entries
      const seconds = first && rest.length > 0 ? ((rest.at(-1)?.at ?? 0) - first.at) / 1000 : 0
      return seconds > 0 ? rest.reduce((sum, { images }) => sum + images, 0) / seconds : 0
    },
    losses() {
      const names = Object.keys(entries.at(-1)?.losses ?? {})
      const mean = (name: string) => entries.reduce((sum, { losses }) => sum + (losses[name] ?? 0), 0) / entries.length
      return Object.fromEntries(names.map((name) => [name, mean(name)]))
    },
  }
}
