import { Presets, SingleBar } from 'cli-progress'
import type { Terminal } from './terminal.js'

/** The progress of one piece of work. */
export interface Progress {
  /** One more item is done. */
  advance(): void
  /** Removes the bar; must be called, whatever happened. */
  stop(): void
}

/** Starts a progress display. */
export type StartProgress = (label: string, total: number) => Progress

/** Work that ends within this time is not worth a line in a log. */
const LINE_EVERY_MS = 5_000

/** @returns progress on stderr: a bar on a terminal, a line every few seconds elsewhere */
export function createProgress(terminal: Terminal): StartProgress {
  return terminal.stderr.isTTY
    ? (label, total) => bar(terminal, label, total)
    : (label, total) => lines(terminal, label, total)
}

function bar(terminal: Terminal, label: string, total: number): Progress {
  const format = `${label} {bar} {value}/{total}, {eta_formatted} left`
  const shown = new SingleBar(
    { format, stream: terminal.stderr, clearOnComplete: true, hideCursor: true, gracefulExit: false },
    Presets.shades_classic,
  )
  shown.start(total, 0)
  return { advance: () => shown.increment(), stop: () => shown.stop() }
}

function lines(terminal: Terminal, label: string, total: number): Progress {
  let done = 0
  let last = Date.now()
  return {
    advance() {
      done += 1
      if (Date.now() - last < LINE_EVERY_MS) return
      last = Date.now()
      terminal.stderr.write(`${label}: ${done}/${total}\n`)
    },
    stop: () => {},
  }
}

/** Waits for all items of a stream, one step of the progress each; the display ends with them, however they end. */
export async function collectItems<T>(progress: Progress, items: AsyncIterable<T>): Promise<T[]> {
  try {
    const all: T[] = []
    for await (const item of items) {
      all.push(item)
      progress.advance()
    }
    return all
  } finally {
    progress.stop()
  }
}
