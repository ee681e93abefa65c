/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

type Value = string | number | Html | readonly Value[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Builds HTML; every value that is not HTML itself is escaped, in text and in quoted attributes alike. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: parts.map((part, index) => (index === 0 ? part : render(values[index - 1] as Value) + part)).join('') }
}

function render(value: Value): string {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
  if (typeof value === 'number') return String(value)
  return 'html' in value ? value.html : value.map(render).join('')
}
