import type { Logger } from 'pino'
import type { RegisteredModel } from '../../libs/models/model-registry.js'
import type { Hold } from './holds.js'
import { type LoadedModel, modelKey } from './loaded-model.js'

/** What a name stands for: a model in memory, until the registry has another one for the name and that one is warm as well. */
export interface Standing {
  /** Settles with the first load; one that failed stands for nothing, ever. */
  readonly ready: Promise<void>
  /** A hold of the present model, for one call. @throws DomainError why the first load failed */
  take(): Promise<Hold<LoadedModel>>
  /**
   * Hears that somebody promoted: has the registry's present version loaded in the background and switches to it.
   * Resolves after that; a version that does not load is logged and leaves the old one.
   */
  promoted(): Promise<void>
  /** Lets go of the model, once nothing is being loaded. */
  end(): Promise<void>
}

/** What a standing works with. */
export interface StandingOptions {
  /** What the registry has for the name. */
  find(): Promise<RegisteredModel>
  /** Loads and warms a model, or finds it in memory. */
  hold(model: RegisteredModel): Promise<Hold<LoadedModel>>
  /** Milliseconds after which a call has the registry asked again. */
  readonly ttlMs: number
  readonly logger?: Pick<Logger, 'info' | 'error'> | undefined
}

/** @returns a standing that is loading its first model */
export function createStanding({ find, hold, ttlMs, logger }: StandingOptions): Standing {
  let present: Hold<LoadedModel> | undefined
  /** Key of a model that did not load: it is not tried again before the next promotion. */
  let refused: string | undefined
  let following = 0
  let freshUntil = 0

  const look = async () => {
    let key: string | undefined
    try {
      const found = await find()
      key = modelKey(found)
      if (key === refused) return
      refused = undefined
      if (key === present?.key) return
      const previous = present
      // From here on calls begin on the new one; those at work hold the old one until they end.
      present = await hold(found)
      previous?.release()
      const names = { model: present.value.versionName, previous: previous?.value.versionName }
      logger?.info(names, 'switched to another version of the model')
    } catch (error) {
      refused = key
      const serving = present?.value.versionName
      logger?.error(
        { err: error, serving, refused: key },
        'the version promoted could not be loaded, the old one goes on',
      )
    }
  }

  const ready = (async () => {
    present = await hold(await find())
    freshUntil = performance.now() + ttlMs
  })()
  let tail: Promise<void> = ready.catch(() => {})

  /** One look at a time: whoever asks later learns what the registry says later. */
  const follow = (prepare: () => void = () => {}): Promise<void> => {
    following += 1
    tail = tail.then(async () => {
      prepare()
      if (present) await look()
      following -= 1
      freshUntil = performance.now() + ttlMs
    })
    return tail
  }

  return {
    ready,
    async take() {
      await ready
      if (following === 0 && performance.now() > freshUntil) void follow()
      return (present as Hold<LoadedModel>).share()
    },
    promoted: () =>
      follow(() => {
        refused = undefined
      }),
    async end() {
      await tail
      present?.release()
    },
  }
}
