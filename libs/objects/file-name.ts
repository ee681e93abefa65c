/** Characters that some file system does not take in a name, and those that would change its meaning. */
const UNSAFE = /[%<>:"|?*]|^\.|[. ]$/g

/** @returns a segment of a key as a file name that every file system takes */
export function encodeSegment(segment: string): string {
  return segment.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The opposite of encodeSegment. */
export function decodeSegment(name: string): string {
  return name.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
