import { DomainError } from '../../../libs/config/domain-error.js'
import { type TrainingSettings, TrainingSettingsSchema } from './config.js'
import { METHODS } from './methods.js'
import { PRESETS, presetSettings } from './presets.js'

/** A choice of settings, as commands and calls state it. */
export interface SettingsChoice {
  /** One of METHODS. */
  readonly method: string
  /** One of PRESETS; empty: "default". */
  readonly preset: string
  /** What differs from the preset: values as text by name in snake_case, e.g. learning_rate: "1e-3". */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * The settings of a training: those of its preset, changed by name.
 * @throws DomainError TRAINING_SETTING_INVALID naming every setting that is unknown or out of range
 */
export function resolveSettings({ method, preset, settings }: SettingsChoice): TrainingSettings {
  const chosenMethod = oneOf('method', method, METHODS)
  const chosenPreset = oneOf('preset', preset || 'default', PRESETS)
  const from = presetSettings(chosenPreset, chosenMethod)
  if (!from) throw invalid(['preset'], `preset: "${preset}" has no settings for the method ${method}; use "default"`)
  const changes = Object.entries(settings).map(([name, text]) => [camelCase(name), typedValue(text)])
  const changed = Object.fromEntries(changes) as Record<string, unknown>
  if (changed.method !== undefined) throw invalid(['method'], 'method: is chosen beside the settings, not among them')
  const parsed = TrainingSettingsSchema.safeParse({ ...from, ...changed })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ name: snakeCase(key), what: 'is no setting' }))
      : [{ name: snakeCase(String(issue.path[0])), what: issue.message }],
  )
  throw invalid(
    problems.map(({ name }) => name),
    problems.map(({ name, what }) => `${name}: ${what}`).join('; '),
  )
}

/** @returns every setting in effect as text, by name in snake_case, the method left out: `resolveSettings` reads it back */
export function describeSettings({ method: _, ...settings }: TrainingSettings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [snakeCase(name), String(value)]))
}

/**
 * Reads `--set` arguments.
 * @param assignments such as "learning_rate=1e-3"; of two for one name, the last counts
 * @throws DomainError TRAINING_SETTING_INVALID where one has no name or no value
 */
export function parseAssignments(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [, name, value] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(assignment) ?? []
      if (name && value) return [name, value]
      throw invalid([assignment], `"${assignment}" is not of the form name=value`)
    }),
  )
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((each) => each === value)
  if (found) return found
  throw invalid([name], `${name}: "${value}" is none of ${known.join(', ')}`)
}

/** Text as the schema wants it: a truth value, a number, or the text itself. */
function typedValue(text: string): boolean | number | string {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const invalid = (names: readonly string[], problems: string) =>
  new DomainError('TRAINING_SETTING_INVALID', `The training's settings cannot be used. ${problems}.`, {
    settings: names.join(','),
  })
