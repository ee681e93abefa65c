import { DomainError } from '../config/domain-error.js'
import type { ObjectStore } from '../objects/object-store.js'
import { type ModelCard, ModelCardSchema } from './model-card.js'
import { checkModelId, DEFAULT_MODEL_ALIAS, parseModelName } from './model-name.js'
import { modelVersion } from './model-version.js'

/** A version of a model as the registry holds it. */
export interface RegisteredModel {
  readonly name: string
  readonly version: string
  readonly card: ModelCard
  /** Whether the model's name stands for this version. */
  readonly production: boolean
  /** Of the ONNX file. */
  readonly sizeBytes: number
}

/** Models in an object store, under `models/{name}/{version}/{model.onnx,card.json}` and `models/{name}/production`. */
export interface ModelRegistry {
  /**
   * Stores a version; one that is there already keeps its network and takes the new card.
   * The first version of a model becomes its production version.
   * @returns the version
   * @throws DomainError MODEL_NAME_INVALID, MODEL_NAME_RESERVED
   */
  put(name: string, onnx: Uint8Array, card: ModelCard): Promise<string>
  /**
   * Changes what a version's card says, for what it says of the pixels makes the version and stays. Somebody else's change in the
   * meantime is kept: `change` is then asked again, with the card as it is now.
   * @returns the new card
   * @throws DomainError MODEL_NOT_FOUND, MODEL_CARD_INVALID
   */
  changeCard(name: string, version: string, change: (card: ModelCard) => ModelCard): Promise<ModelCard>
  /**
   * @param resource `models/{model}` for its production version, or `models/{model}/versions/{version}`
   * @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_CARD_INVALID
   */
  get(resource: string): Promise<RegisteredModel>
  /** The ONNX file of a version. @throws DomainError MODEL_NOT_FOUND */
  readNetwork(name: string, version: string): Promise<Uint8Array>
  /** Every model in its production version, by name. */
  list(): Promise<RegisteredModel[]>
  /**
   * Every version of a model, by version.
   * @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_CARD_INVALID
   */
  versions(name: string): Promise<RegisteredModel[]>
  /**
   * Makes a version the production one.
   * @param expected the production version that the caller believes to replace; another one is an error
   * @returns the version replaced, undefined where there was none
   * @throws DomainError MODEL_NOT_FOUND, MODEL_PRODUCTION_CHANGED
   */
  promote(name: string, version: string, expected?: string): Promise<string | undefined>
}

/** @returns the registry of the models in `objects` */
export function createModelRegistry({ objects }: { readonly objects: ObjectStore }): ModelRegistry {
  const networkKey = (name: string, version: string) => `models/${name}/${version}/model.onnx`
  const cardKey = (name: string, version: string) => `models/${name}/${version}/card.json`
  const productionKey = (name: string) => `models/${name}/production`

  const production = async (name: string) => {
    const found = await objects.get(productionKey(name)).catch(ignoreNotFound)
    return found && { version: Buffer.from(found.body).toString().trim(), etag: found.etag }
  }

  const read = async (name: string, version: string, isProduction: boolean): Promise<RegisteredModel> => {
    const [card, network] = await Promise.all([
      objects.get(cardKey(name, version)).catch(ignoreNotFound),
      objects.head(networkKey(name, version)),
    ])
    if (!card || !network) throw notFound(`models/${name}/versions/${version}`)
    return {
      name,
      version,
      card: parseCard(card.body, cardKey(name, version)),
      production: isProduction,
      sizeBytes: network.size,
    }
  }

  return {
    async put(name, onnx, card) {
      checkModelId(name)
      if (name === DEFAULT_MODEL_ALIAS) {
        throw new DomainError('MODEL_NAME_RESERVED', '"default" stands for the model in use: choose another name.')
      }
      const version = modelVersion(onnx, card)
      // The card comes last: a version without one is not there.
      if (!(await objects.head(networkKey(name, version)))) await objects.put(networkKey(name, version), onnx)
      await objects.put(cardKey(name, version), encodeCard(card))
      await objects.put(productionKey(name), Buffer.from(version), { ifNoneMatch: '*' }).catch((error: unknown) => {
        if (!(error instanceof DomainError && error.reason === 'PRECONDITION_FAILED')) throw error
      })
      return version
    },

    async changeCard(name, version, change) {
      const key = cardKey(checkModelId(name), version)
      for (;;) {
        const found = await objects.get(key).catch(ignoreNotFound)
        if (!found) throw notFound(`models/${name}/versions/${version}`)
        const before = parseCard(found.body, key)
        const { input, crop } = before
        const card = { ...change(before), input, crop }
        try {
          await objects.put(key, encodeCard(card), { ifMatch: found.etag })
          return card
        } catch (error) {
          if (!(error instanceof DomainError && error.reason === 'PRECONDITION_FAILED')) throw error
        }
      }
    },

    async get(resource) {
      const { model, version } = parseModelName(resource)
      const current = await production(model)
      const wanted = version ?? current?.version
      if (wanted === undefined) throw notFound(resource)
      return read(model, wanted, wanted === current?.version)
    },

    async readNetwork(name, version) {
      const found = await objects.get(networkKey(checkModelId(name), version)).catch(ignoreNotFound)
      if (!found) throw notFound(`models/${name}/versions/${version}`)
      return found.body
    },

    async list() {
      const names: string[] = []
      for await (const { key } of objects.list('models/')) {
        const match = /^models\/([^/]+)\/production$/.exec(key)
        if (match) names.push(match[1] as string)
      }
      return Promise.all(names.sort().map(async (name) => read(name, (await production(name))?.version ?? '', true)))
    },

    async versions(name) {
      checkModelId(name)
      const found: string[] = []
      for await (const { key } of objects.list(`models/${name}/`)) {
        const match = /^([0-9a-f]{12})\/card\.json$/.exec(key.slice(`models/${name}/`.length))
        if (match) found.push(match[1] as string)
      }
      if (found.length === 0) throw notFound(`models/${name}`)
      const current = (await production(name))?.version
      return Promise.all(found.map((version) => read(name, version, version === current)))
    },

    async promote(name, version, expected) {
      checkModelId(name)
      await read(name, version, false)
      const current = await production(name)
      if (expected !== undefined && current?.version !== expected) throw productionChanged(name, current?.version)
      await objects
        .put(productionKey(name), Buffer.from(version), current ? { ifMatch: current.etag } : { ifNoneMatch: '*' })
        .catch((error: unknown) => {
          throw error instanceof DomainError && error.reason === 'PRECONDITION_FAILED'
            ? productionChanged(name, undefined)
            : error
        })
      return current?.version
    },
  }
}

const encodeCard = (card: ModelCard) => Buffer.from(`${JSON.stringify(ModelCardSchema.parse(card), null, 2)}\n`)

function parseCard(body: Uint8Array, key: string): ModelCard {
  try {
    return ModelCardSchema.parse(JSON.parse(Buffer.from(body).toString()))
  } catch (cause) {
    throw new DomainError(
      'MODEL_CARD_INVALID',
      `The model card ${key} cannot be read: import the model again.`,
      { key },
      cause,
    )
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof DomainError && error.reason === 'OBJECT_NOT_FOUND')) throw error
  return undefined
}

function notFound(resource: string): DomainError {
  return new DomainError(
    'MODEL_NOT_FOUND',
    `There is no ${resource}: \`crossres models list\` shows those that are there.`,
    { resource },
  )
}

function productionChanged(name: string, found: string | undefined): DomainError {
  return new DomainError(
    'MODEL_PRODUCTION_CHANGED',
    `The production version of ${name} was changed by somebody else${found ? ` to ${found}` : ''}: look at it and decide again.`,
    { model: name },
  )
}
