import { spawn } from 'node:child_process'
import { platform } from 'node:os'

const OPENERS: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Shows a file in the user's browser; where there is none, nothing happens. */
export function openFile(url: string): void {
  const [command, ...args] = OPENERS[platform()] ?? ['xdg-open']
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  // A machine without a desktop has no opener; the address was printed all the same.
  opener.on('error', () => {})
  opener.unref()
}
