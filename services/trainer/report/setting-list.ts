import { DomainError } from '../../../libs/config/domain-error.js'
import { TrainingSettingsSchema } from '../scheme/config.js'
import { describeSettings, resolveSettings } from '../scheme/text-settings.js'

/** A setting as people read it. */
export interface Setting {
  /** In snake_case, as --set takes it. */
  readonly name: string
  readonly value: string
  /** What it means. */
  readonly about: string
}

/**
 * @param method one of METHODS
 * @param preset one of PRESETS
 * @returns every setting of a preset, in the order of the schema
 * @throws DomainError TRAINING_SETTING_INVALID where there is no such method or preset, or the preset has none for the method
 */
export function listSettings(method: string, preset: string): Setting[] {
  const values = describeSettings(resolveSettings({ method, preset, settings: {} }))
  const about = new Map(
    Object.entries(TrainingSettingsSchema.shape).map(([name, { description }]) => [name, description]),
  )
  const text = (name: string) => about.get(name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) ?? ''
  return Object.entries(values).map(([name, value]) => ({ name, value, about: text(name) }))
}

/** @returns the same; none where the preset knows no such method */
export function knownSettings(method: string, preset: string): Setting[] {
  try {
    return listSettings(method, preset)
  } catch (error) {
    if (error instanceof DomainError) return []
    throw error
  }
}
