import type { ModelCard } from './model-card.js'

/** A field in which two cards differ; undefined where one has none. */
export interface CardDifference {
  /** E.g. `input.mean`, `training.learningRate`. */
  readonly field: string
  readonly a: unknown
  readonly b: unknown
}

/** @returns the fields in which two cards differ, in the order of the first card; lists are one field */
export function compareCards(a: ModelCard, b: ModelCard): CardDifference[] {
  const [ofA, ofB] = [new Map(fieldsOf(a)), new Map(fieldsOf(b))]
  const fields = new Set([...ofA.keys(), ...ofB.keys()])
  return [...fields]
    .map((field) => ({ field, a: ofA.get(field), b: ofB.get(field) }))
    .filter((field) => JSON.stringify(field.a) !== JSON.stringify(field.b))
}

function* fieldsOf(value: object, path = ''): Generator<[string, unknown]> {
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) yield [path + key, inner]
    else yield* fieldsOf(inner, `${path}${key}.`)
  }
}
