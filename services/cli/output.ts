import Table from 'cli-table3'
import type { CliFailure } from './failure.js'
import type { Terminal } from './terminal.js'

/** Where a command's results go. */
export interface Output {
  /**
   * Shows the one result of a command: as JSON where --json was given, as text otherwise.
   * @param document what --json prints; bigint becomes a number
   * @param text makes the text for people; only called when it is wanted
   */
  result(document: unknown, text: () => string): void
  /** A remark for people, on stderr. */
  note(text: string): void
}

/** @returns an output that writes nothing but the result to stdout */
export function createOutput(terminal: Terminal, json: boolean): Output {
  return {
    result(document, text) {
      terminal.stdout.write(`${json ? toJson(document) : text()}\n`)
    },
    note(text) {
      terminal.stderr.write(`${text}\n`)
    },
  }
}

/** Says what went wrong: one line on stderr, and with --json the same as a document on stdout. */
export function writeFailure(terminal: Terminal, json: boolean, failure: CliFailure): void {
  const { status, reason, message } = failure
  terminal.stderr.write(`error: ${message}${reason === 'USAGE' ? '' : ` (${reason})`}\n`)
  if (json) terminal.stdout.write(`${toJson({ error: { status, reason, message } })}\n`)
}

/** @returns a table without lines, columns two spaces apart; numbers are set flush right */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])))
  const drawn = new Table({
    head: [...head],
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    chars: Object.fromEntries(BORDERS.map((name) => [name, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  drawn.push(...rows.map((row) => row.map(printable)))
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'middle',
  'right',
  'right-mid',
]

/** @returns a cosine as tables show it */
export function score(value: number): string {
  return value.toFixed(3)
}

/** @returns `1 face`, `2 faces` */
export function count(number: number | bigint, noun: string, plural = `${noun}s`): string {
  return `${number} ${Number(number) === 1 ? noun : plural}`
}

function isNumeric(cell: string | number | undefined): boolean {
  return typeof cell === 'number' || cell === '' || /^[-+]?\d[\d.,]*( ?(px|%|MB))?$/.test(cell ?? '')
}

/** Names come from files and callers: control characters could rewrite the user's terminal. */
function printable(cell: string | number): string {
  return String(cell).replace(/\p{Cc}/gu, '\u{FFFD}')
}

function toJson(document: unknown): string {
  return JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2)
}
