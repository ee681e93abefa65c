import { DomainError } from '../config/domain-error.js'
import type { Engine, TensorInfo } from '../engine/engine.js'
import { batchDisagreement } from '../onnx/batch-agreement.js'
import { checkInference } from '../onnx/check-inference.js'
import { freeBatch } from '../onnx/free-batch.js'
import { readOnnx } from '../onnx/read-onnx.js'
import { writeOnnx } from '../onnx/write-onnx.js'
import { BASE_MODEL } from './base-model.js'
import type { ModelCard, ModelInput, Preparation } from './model-card.js'
import type { ModelRegistry } from './model-registry.js'
import { PRESETS } from './presets.js'
import { SHIPPED_MODEL } from './shipped-model.js'

/** A network to import. */
export interface ModelImport {
  /** Name that it gets. */
  readonly name: string
  readonly onnx: Uint8Array
  readonly preparation: Preparation
  readonly licence: string
  readonly origin: string
}

/** What an import works with. */
export interface ImportDeps {
  readonly registry: ModelRegistry
  /** Loads a network. @throws DomainError MODEL_LOAD_FAILED */
  createEngine(onnx: Uint8Array): Promise<Engine>
}

/** Largest difference of a value between one by one and all at once, relative, that rounding explains. */
const BATCH_TOLERANCE = 1e-4

/**
 * Checks a network by running it, writes its card and registers it.
 * @returns its version and card
 * @throws DomainError MODEL_NAME_RESERVED, MODEL_CORRUPT, MODEL_TRAINING_EXPORT, MODEL_LOAD_FAILED, MODEL_INPUT_MISMATCH, MODEL_OUTPUT_INVALID
 */
export async function importModel(deps: ImportDeps, model: ModelImport): Promise<{ version: string; card: ModelCard }> {
  if (model.name === BASE_MODEL || model.name === SHIPPED_MODEL) {
    throw new DomainError(
      'MODEL_NAME_RESERVED',
      `"${model.name}" is a model that comes with crossres: choose another name.`,
    )
  }
  const parsed = readOnnx(model.onnx)
  checkInference(parsed)
  const freed = freeBatch(parsed)
  const candidate = freed.freed ? writeOnnx(freed.model) : model.onnx

  const { card, dynamic } = await examine(deps, candidate, model)
  if (!dynamic && freed.freed) {
    // Freeing the batch changed what the network answers: keep the file as it came.
    const untouched = await examine(deps, model.onnx, model)
    return { version: await deps.registry.put(model.name, model.onnx, untouched.card), card: untouched.card }
  }
  return { version: await deps.registry.put(model.name, candidate, card), card }
}

async function examine(deps: ImportDeps, onnx: Uint8Array, model: ModelImport) {
  const engine = await deps.createEngine(onnx)
  try {
    const { input } = model.preparation
    const source = onlyOne(engine.inputs, 'input')
    const target = onlyOne(engine.outputs, 'output')
    checkInput(source, input)
    const pictures = [0, 1, 2].map((seed) => testPicture(input, seed))
    const feature = (await engine.run({ [source.name]: pictures[0]! }))[target.name]
    const values = feature?.data ?? new Float32Array()
    const length = Math.hypot(...values)
    if (values.length < 2 || !Number.isFinite(length) || length === 0) {
      throw new DomainError(
        'MODEL_OUTPUT_INVALID',
        `The network answers no usable feature vector (${values.length} values, length ${length}): it must give one vector for each face.`,
      )
    }
    const fresh = [0, 1, 2].map((seed) => testPicture(input, seed))
    const dynamic = source.dims[0] === null && (await batchDisagreement(engine, fresh)) < BATCH_TOLERANCE
    const card: ModelCard = {
      schema: 1,
      ...model.preparation,
      inputName: source.name,
      outputName: target.name,
      dimension: values.length,
      normalises: Math.abs(length - 1) < 1e-3,
      batch: dynamic ? 'dynamic' : 'one',
      licence: model.licence,
      origin: model.origin,
    }
    return { card, dynamic }
  } finally {
    await engine.close()
  }
}

function onlyOne(infos: readonly TensorInfo[], what: 'input' | 'output'): TensorInfo {
  const [info] = infos
  if (infos.length === 1 && info) return info
  const names = infos.map(({ name }) => name).join(', ')
  throw new DomainError(
    what === 'input' ? 'MODEL_INPUT_MISMATCH' : 'MODEL_OUTPUT_INVALID',
    `The network has ${infos.length} ${what}s (${names}) and must have one: export the feature extractor alone.`,
  )
}

function checkInput({ dims }: TensorInfo, input: ModelInput): void {
  const wanted = input.layout === 'NCHW' ? [3, input.height, input.width] : [input.height, input.width, 3]
  const fits = dims.length === 4 && wanted.every((size, i) => dims[i + 1] === null || dims[i + 1] === size)
  if (fits) return
  const fitting = Object.entries(PRESETS)
    .filter(([, preset]) => dims.includes(preset.input.width) && dims.includes(preset.input.height))
    .map(([name]) => name)
  throw new DomainError(
    'MODEL_INPUT_MISMATCH',
    `The network takes [${dims.map((dim) => dim ?? '?').join(', ')}] and the preset gives [?, ${wanted.join(', ')}]: ${
      fitting.length > 0
        ? `presets of that size: ${fitting.join(', ')}`
        : 'state the size with --set input.width=... input.height=...'
    }.`,
  )
}

/** Smooth noise in the range of prepared pixels, different for each seed. */
function testPicture(input: ModelInput, seed: number) {
  const size = input.width * input.height * 3
  const dims = input.layout === 'NCHW' ? [1, 3, input.height, input.width] : [1, input.height, input.width, 3]
  const low = Math.min(...input.mean.map((mean, i) => -mean * (input.scale[i] as number)))
  const high = Math.max(...input.mean.map((mean, i) => (255 - mean) * (input.scale[i] as number)))
  const data = Float32Array.from({ length: size }, (_, i) => {
    const wave = Math.sin(i * 0.013 * (seed + 1)) * Math.cos(i * 0.0007 + seed)
    return low + ((wave + 1) / 2) * (high - low)
  })
  return { dims, data }
}
