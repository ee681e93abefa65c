/*
 * The little XML that S3 answers with: flat, without attributes or comments where values are. A parser for all of XML would take a key
 * of digits for a number.
 */

/** @returns the contents of every `<tag>...</tag>`, as they stand */
export function elementsOf(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map((match) => match[1] as string)
}

/** @returns the text of the first `<tag>...</tag>` */
export function textOf(xml: string, tag: string): string | undefined {
  const [text] = elementsOf(xml, tag)
  return text?.replaceAll(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => characterOf(name) ?? whole)
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return NAMED[name.toLowerCase()]
  const hex = name[1]?.toLowerCase() === 'x'
  return String.fromCodePoint(Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10))
}
