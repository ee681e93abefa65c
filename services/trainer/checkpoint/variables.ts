import { DomainError } from '../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import type { Variable } from '../../../libs/onnx/executor/tensorflow.js'

type Variables = ReadonlyMap<string, Variable>
type Values = Readonly<Record<string, Float32Array>>

/** @returns a copy of the variables' values */
export function captureVariables(variables: Variables): Record<string, Float32Array> {
  return Object.fromEntries([...variables].map(([name, each]) => [name, Float32Array.from(each.dataSync())]))
}

/** Gives the variables the values of others of the same names and shapes. @throws DomainError TRAINING_STATE_MISMATCH */
export function restoreVariables(tf: TensorFlow, variables: Variables, values: Values): void {
  for (const [name, variable] of variables) {
    const found = values[name]
    if (found?.length !== variable.size) {
      throw new DomainError(
        'TRAINING_STATE_MISMATCH',
        `The checkpoint's "${name}" does not fit this training. Resume with the model and the settings it was begun with.`,
        { name },
      )
    }
    tf.tidy(() => variable.assign(tf.tensor(found.slice(), variable.shape)))
  }
}

/** Names of several groups of tensors in one flat space: `group/name`. */
export function joinGroups(groups: Readonly<Record<string, Values>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, values]) =>
      Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]),
    ),
  )
}

/** The tensors of one group, by the names they had. */
export function groupOf(tensors: Values, group: string): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(`${group}/`))
      .map(([name, value]) => [name.slice(group.length + 1), value]),
  )
}
