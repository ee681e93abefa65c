import type { Logger } from 'pino'
import { parseModelName, resolveDefault } from '../../libs/models/model-name.js'
import { createHolds } from './holds.js'
import { type LoadedModel, loadModel, modelKey } from './loaded-model.js'
import type { LoadedNetwork, NetworkOptions } from './loaded-network.js'
import { createStanding, type Standing } from './standing.js'

/** A model for one call. Its networks stay in memory until it is released, whatever is promoted meanwhile. */
export interface LeasedModel extends Omit<LoadedModel, 'close'> {
  release(): void
}

/** Settings of a pool. */
export interface ModelPoolOptions extends NetworkOptions {
  /** Model for requests that name none. */
  readonly defaultModel: string
  /** Milliseconds for which a name stands for what it stood for: after it, a call has the registry asked for another version. */
  readonly nameTtlMs?: number
  /** Milliseconds for which a version stays in memory that callers ask for by its version alone. */
  readonly keepVersionMs?: number
  /** Hears of switches, and of versions that cannot be loaded. */
  readonly logger?: Pick<Logger, 'info' | 'error'>
}

/** The models that a service has in memory. */
export interface ModelPool {
  /**
   * @param name `models/{model}`, `models/{model}/versions/{version}` or empty for the default
   * @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_LOAD_FAILED, MODEL_ROUTING_INVALID
   */
  get(name: string): Promise<LeasedModel>
  /** Hears of a promotion: resolves when `models/{model}`, if it is in memory, stands for the new version. Never throws. */
  promoted(model: string): Promise<void>
  close(): Promise<void>
}

const NAME_TTL_MS = 2_000
const KEEP_VERSION_MS = 300_000

interface Named {
  readonly standing: Standing
  /** Ends the standing of a version that nobody asks for; the names of models stand for good. */
  idle?: NodeJS.Timeout
}

/** @returns a pool that loads a model at its first use, and another version of it while the one before goes on */
export function createModelPool(options: ModelPoolOptions): ModelPool {
  const networks = createHolds<LoadedNetwork>((network) => network.close())
  const models = createHolds<LoadedModel>(async (model) => model.close())
  const names = new Map<string, Named>()
  let closed = false

  const begin = (name: string): Named => {
    const standing = createStanding({
      find: () => options.registry.get(name),
      hold: (found) => models.hold(modelKey(found), () => loadModel(found, networks, options)),
      ttlMs: options.nameTtlMs ?? NAME_TTL_MS,
      logger: options.logger,
    })
    const named: Named = { standing }
    names.set(name, named)
    // What could not be loaded may be there the next time.
    standing.ready.catch(() => names.delete(name))
    return named
  }

  const endWhenIdle = (name: string, named: Named) => {
    clearTimeout(named.idle)
    named.idle = setTimeout(() => {
      names.delete(name)
      void named.standing.end()
    }, options.keepVersionMs ?? KEEP_VERSION_MS).unref()
  }

  return {
    async get(name) {
      // A service may be stopped while it warms up: what that loads from here on nobody would close.
      if (closed) throw new Error('the model pool is closed')
      const wanted = resolveDefault(name, options.defaultModel)
      const isVersion = parseModelName(wanted).version !== undefined
      const named = names.get(wanted) ?? begin(wanted)
      const hold = await named.standing.take()
      if (isVersion) endWhenIdle(wanted, named)
      return { ...hold.value, release: hold.release }
    },
    async promoted(model) {
      await names.get(`models/${model}`)?.standing.promoted()
    },
    async close() {
      closed = true
      const all = [...names.values()]
      names.clear()
      for (const { idle } of all) clearTimeout(idle)
      await Promise.all(all.map(({ standing }) => standing.end()))
      await models.close()
      await networks.close()
    },
  }
}
