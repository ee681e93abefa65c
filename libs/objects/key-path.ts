/*
 * How keys lie in a folder. A segment of a key becomes a name of [a-z0-9._-], everything else %-encoded in lower case: so
 * neither case, Unicode normalisation nor the characters of a file system can make two keys one. Folders end in "+", so an
 * object and a prefix of the same name live side by side; a name too long for a file system goes on in a folder that ends
 * in "%". No name begins with "+": such names are the store's own.
 */

/** A directory entry that belongs to the store, decoded. */
export type DecodedName =
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'prefix'; readonly name: string }
  /** The encoded beginning of a name; the rest is in the folder. */
  | { readonly kind: 'beginning'; readonly encoded: string }

/** File systems take 255 bytes; room is left for the marks. */
const MAX_NAME = 240

/** Windows gives these names to devices, whatever follows the first dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/

/** @returns the names below the store's folder that lead to an object, the last one being its file */
export function pathOfKey(key: string): string[] {
  const segments = key.split('/')
  const last = segments.pop() as string
  return [...segments.flatMap((segment) => namesOf(segment, '+')), ...namesOf(last, '')]
}

/** @returns the names of the deepest folder that holds every key that begins with `prefix` */
export function folderOfPrefix(prefix: string): string[] {
  return prefix
    .split('/')
    .slice(0, -1)
    .flatMap((segment) => namesOf(segment, '+'))
}

/** @returns what a directory entry stands for; undefined where it is not one of the store's */
export function decodeName(entry: string, isFolder: boolean, before = ''): DecodedName | undefined {
  if (isFolder && entry.endsWith('%')) return { kind: 'beginning', encoded: before + entry.slice(0, -1) }
  if (isFolder !== entry.endsWith('+')) return undefined
  const encoded = before + (isFolder ? entry.slice(0, -1) : entry)
  const name = decodeSegment(encoded)
  if (name === undefined) return undefined
  return { kind: isFolder ? 'prefix' : 'object', name }
}

function namesOf(segment: string, mark: string): string[] {
  let rest = encodeSegment(segment)
  const names: string[] = []
  while (rest.length > MAX_NAME) {
    // A code of three characters is never cut: a piece must not end in one of its own "%".
    const cut = rest.slice(MAX_NAME - 2, MAX_NAME).lastIndexOf('%')
    const length = cut < 0 ? MAX_NAME : MAX_NAME - 2 + cut
    names.push(`${rest.slice(0, length)}%`)
    rest = rest.slice(length)
  }
  return [...names, rest + mark]
}

function encodeSegment(segment: string): string {
  const encoded = segment.replaceAll(/[^a-z0-9._-]/gu, percent)
  // Windows drops a dot at the end of a name.
  return encoded.replace(DEVICE, (device) => percent(device[0] as string) + device.slice(1)).replace(/\.$/, percent)
}

function decodeSegment(encoded: string): string | undefined {
  try {
    const segment = decodeURIComponent(encoded)
    // A file that somebody else put there may decode to a name that is written differently.
    return encodeSegment(segment) === encoded ? segment : undefined
  } catch {
    return undefined
  }
}

function percent(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
