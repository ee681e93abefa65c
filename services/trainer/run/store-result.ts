import type { ModelCard } from '../../../libs/models/model-card.js'
import { parseModelName, versionName } from '../../../libs/models/model-name.js'
import type { ModelRegistry } from '../../../libs/models/model-registry.js'
import { writeOnnx } from '../../../libs/onnx/write-onnx.js'
import { TRAITS } from '../scheme/methods.js'
import { describeSettings } from '../scheme/text-settings.js'
import type { Validation } from '../validation/validate.js'
import type { Networks } from './networks.js'
import type { RunData } from './open-data.js'
import type { RunSpec } from './run-types.js'

/** What is known of a result. */
export interface ResultFacts {
  readonly spec: RunSpec
  readonly data: RunData
  /** Of the step that the weights are from. */
  readonly best: (Validation & { readonly step: number }) | null
}

/**
 * Registers the student as it stands: the base's file with other weights, and a card that says where they come from.
 * @returns `models/{model}/versions/{version}`
 */
export async function storeResult(
  registry: ModelRegistry,
  { base, student }: Networks,
  { spec, data, best }: ResultFacts,
): Promise<string> {
  const { settings, resultModel, baseVersion, teacherVersion, dataUri } = spec
  const { calibration: _, routing: __, evaluation: ___, ...kept } = base.card
  const card: ModelCard = {
    ...kept,
    origin: `${base.name} trained by crossres (${settings.method}); ${base.card.origin}`,
    // What the faces allow is not known here, and the narrower of two licences is the safe one to name.
    licence: `${base.card.licence}; the faces it was trained on may restrict its use further`,
    parentVersion: base.version,
    training: {
      method: settings.method,
      base: baseVersion,
      ...(TRAITS[settings.method].teacher ? { teacher: teacherVersion } : {}),
      data: {
        uri: dataUri,
        fingerprint: data.fingerprint,
        faces: data.training.length,
        subjects: data.subjects.length,
      },
      settings: describeSettings(settings),
    },
    ...(best ? { evaluation: { validation: { ...best, faces: data.validation.length } } } : {}),
    ...routingOf(spec),
  }
  const version = await registry.put(resultModel, writeOnnx(student.writeBack()), card)
  return versionName(resultModel, version)
}

/** Teacher and student share one feature space, so the teacher can go on with the faces that it is best at. */
function routingOf({ settings, teacherVersion }: RunSpec): Pick<ModelCard, 'routing'> {
  const { model, version } = parseModelName(teacherVersion)
  if (settings.routeFrom === 0 || !TRAITS[settings.method].teacher || version === undefined) return {}
  return { routing: [{ from: settings.routeFrom, model, version }] }
}
