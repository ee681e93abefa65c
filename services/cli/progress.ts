import cliProgress from 'cli-progress'
import type { Terminal } from './terminal.js'

/** The progress of one piece of work. */
export interface Progress {
  /** One more item is done. */
  advance(): void
  /** So many items are done; `remark` takes the place of the time left. */
  reach(done: number, remark: string): void
  /** Says something that stays, in a line of its own. */
  say(text: string): void
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

const { Format, Presets, SingleBar } = cliProgress

function bar(terminal: Terminal, label: string, total: number): Progress {
  const shown = new SingleBar(
    {
      format: (options, params, { remark = '{eta_formatted} left' }: { remark?: string }) =>
        Format.Formatter({ ...options, format: `${label} {bar} {value}/{total}, ${remark}` }, params, {}),
      stream: terminal.stderr,
      barsize: 20,
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  )
  let done = 0
  let payload: { remark?: string } = {}
  shown.start(total, done, payload)
  return {
    advance() {
      done += 1
      shown.update(done)
    },
    reach(value, remark) {
      done = value
      payload = { remark }
      shown.update(done, payload)
    },
    say(text) {
      shown.stop()
      terminal.stderr.write(`${text}\n`)
      shown.start(total, done, payload)
    },
    stop: () => shown.stop(),
  }
}

function lines(terminal: Terminal, label: string, total: number): Progress {
  let done = 0
  let last = Date.now()
  const report = (remark: string) => {
    if (Date.now() - last < LINE_EVERY_MS) return
    last = Date.now()
    terminal.stderr.write(`${label}: ${done}/${total}${remark}\n`)
  }
  return {
    advance() {
      done += 1
      report('')
    },
    reach(value, remark) {
      done = value
      report(`, ${remark}`)
    },
    say: (text) => void terminal.stderr.write(`${text}\n`),
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
