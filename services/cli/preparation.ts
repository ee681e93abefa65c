import { ModelCardSchema, type Preparation } from '../../libs/models/model-card.js'
import { PRESETS, type PresetName } from '../../libs/models/presets.js'
import { UsageError } from './failure.js'

const PreparationSchema = ModelCardSchema.pick({ input: true, crop: true })

/**
 * @param changes `path=value`, e.g. `input.mean=91,103,131`: numbers, lists of numbers with commas, or words
 * @returns the preset with the changes made
 * @throws UsageError where a change does not make a preparation
 */
export function preparationOf(preset: PresetName, changes: readonly string[]): Preparation {
  const { input, crop } = structuredClone(PRESETS[preset])
  const changed: Record<string, unknown> = { input, crop }
  for (const change of changes) apply(changed, change)
  const parsed = PreparationSchema.safeParse(changed)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new UsageError(`--set does not make a preparation that a model can have. ${problems.join('; ')}.`)
}

function apply(target: Record<string, unknown>, change: string): void {
  const match = /^(input|crop)\.(\w+)=(.+)$/.exec(change)
  if (!match) throw new UsageError(`--set ${change} is not understood: write input.NAME=VALUE or crop.NAME=VALUE.`)
  const [, part, name, value] = match as unknown as [string, string, string, string]
  const of = target[part] as Record<string, unknown>
  of[name] = value.includes(',') ? value.split(',').map(Number) : toScalar(value)
}

function toScalar(value: string): number | string {
  return Number.isNaN(Number(value)) ? value : Number(value)
}
