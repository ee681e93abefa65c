import { DomainError } from '../config/domain-error.js'

/** A model, and one of its versions where it was named. */
export interface ModelRef {
  readonly model: string
  readonly version?: string
}

/** Stands for whatever model a server uses when none is named. */
export const DEFAULT_MODEL_ALIAS = 'default'

const MODEL_ID = /^[a-z0-9][a-z0-9._-]{0,62}$/

/**
 * @returns the id, which may be used in file names and keys
 * @throws DomainError MODEL_NAME_INVALID
 */
export function checkModelId(id: string): string {
  if (MODEL_ID.test(id)) return id
  throw new DomainError(
    'MODEL_NAME_INVALID',
    `${JSON.stringify(id.slice(0, 100))} is no model name: use up to 63 lower-case letters, digits, ".", "_" or "-", a letter or digit first.`,
  )
}

/**
 * Reads `models/{model}` or `models/{model}/versions/{version}`.
 * @throws DomainError MODEL_NAME_INVALID
 */
export function parseModelName(name: string): ModelRef {
  const match = /^models\/([^/]+)(?:\/versions\/([0-9a-f]{12}))?$/.exec(name)
  if (!match) {
    throw new DomainError(
      'MODEL_NAME_INVALID',
      `${JSON.stringify(name.slice(0, 100))} is no model: write models/NAME or models/NAME/versions/VERSION.`,
    )
  }
  const model = checkModelId(match[1] as string)
  return match[2] === undefined ? { model } : { model, version: match[2] }
}

/** @returns the resource name of a version */
export function versionName(model: string, version: string): string {
  return `models/${model}/versions/${version}`
}

/** @returns the name with the default model in the place of nothing, or of the alias `models/default` */
export function resolveDefault(name: string, defaultModel: string): string {
  return name === '' || name === `models/${DEFAULT_MODEL_ALIAS}` ? `models/${defaultModel}` : name
}
