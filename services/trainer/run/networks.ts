import { DomainError } from '../../../libs/config/domain-error.js'
import type { TensorFlow } from '../../../libs/engine/tensorflow.js'
import { parseModelName } from '../../../libs/models/model-name.js'
import type { ModelRegistry, RegisteredModel } from '../../../libs/models/model-registry.js'
import { createExecutor, type Executor } from '../../../libs/onnx/executor/executor.js'
import { randomiseWeights } from '../../../libs/onnx/randomise-weights.js'
import { readOnnx } from '../../../libs/onnx/read-onnx.js'
import { TRAITS } from '../scheme/methods.js'
import type { RunSpec } from './run-types.js'

/** The networks of a run. */
export interface Networks {
  readonly base: RegisteredModel
  readonly student: Executor
  /** Frozen; only for methods with a teacher. */
  readonly teacher?: Executor
  dispose(): void
}

/**
 * Loads student and teacher.
 * @throws DomainError MODEL_NOT_FOUND, MODEL_OPS_UNSUPPORTED, MODEL_TRAINING_EXPORT, TRAINING_TEACHER_MISMATCH
 */
export async function loadNetworks(tf: TensorFlow, registry: ModelRegistry, spec: RunSpec): Promise<Networks> {
  const { settings, baseVersion, teacherVersion } = spec
  const { teacher: taught, start, learns } = TRAITS[settings.method]
  const base = await registry.get(baseVersion)
  const network = await read(registry, baseVersion)
  const student = createExecutor(tf, start === 'random' ? randomiseWeights(network, BigInt(settings.seed)) : network, {
    batchNorm: settings.batchNorm,
    ...(learns === 'head' ? { trainable: () => false } : {}),
  })
  if (!taught) return { base, student, dispose: () => student.dispose() }
  expectAlike(base, await registry.get(teacherVersion))
  const teacher = createExecutor(tf, await read(registry, teacherVersion), {
    batchNorm: 'folded',
    trainable: () => false,
  })
  return {
    base,
    student,
    teacher,
    dispose() {
      student.dispose()
      teacher.dispose()
    },
  }
}

async function read(registry: ModelRegistry, resource: string) {
  const { model, version } = parseModelName(resource)
  return readOnnx(await registry.readNetwork(model, version ?? ''))
}

/**
 * Both look at the same prepared pixels, and their features are compared value by value.
 * @throws DomainError TRAINING_TEACHER_MISMATCH
 */
export function expectAlike(base: RegisteredModel, teacher: RegisteredModel): void {
  const seen = ({ card: { input, crop, dimension } }: RegisteredModel) => JSON.stringify([input, crop, dimension])
  if (seen(base) === seen(teacher)) return
  throw new DomainError(
    'TRAINING_TEACHER_MISMATCH',
    `The teacher ${teacher.name} and the base ${base.name} differ in how they want their faces, or in the dimension of their features: choose a teacher of the base's kind.`,
    { teacher: teacher.name, base: base.name },
  )
}
