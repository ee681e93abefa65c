import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { DomainError } from '../../../libs/config/domain-error.js'
import { createKeyedLock } from '../../../libs/config/keyed-lock.js'
import type { GetModel } from '../calibrations.js'
import type { GalleryRecord } from '../store/records.js'
import { isPassing } from './embed-again.js'
import { followedModel, productionVersion } from './followed-version.js'
import { createReembedGallery, errorOf, type ReembedGalleryDeps } from './reembed-gallery.js'

/** Has galleries follow the promotions of their models, one gallery after the other, in the background. */
export interface Reembedder {
  /** Takes up what an earlier process left, and looks now and again for promotions that nobody told of. */
  start(): void
  /**
   * Hears of a promotion: resolves when each gallery of the model has it on record, so that it is not forgotten.
   * @throws what the embedder throws when it is asked for the model's version
   */
  promoted(model: string): Promise<void>
  /** Stops at once; the next process goes on. */
  close(): Promise<void>
}

export interface ReembedderDeps extends ReembedGalleryDeps {
  readonly getModel: GetModel
  readonly logger?: Pick<Logger, 'info' | 'warn'>
  /** Ms between two looks at what is in production. */
  readonly lookEveryMs: number
}

export function createReembedder(deps: ReembedderDeps): Reembedder {
  const { galleries, getModel, logger, patience } = deps
  const { reembeddings } = galleries.store
  const reembed = createReembedGallery(deps)
  const closing = new AbortController()
  const { signal } = closing
  // One look after the other: an older answer of the embedder must not undo what a newer one has put on record.
  const lock = createKeyedLock()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let working: Promise<void> | undefined
  let wanted = false

  /** Puts on record which galleries have to follow. @param only the model of which a promotion was told; undefined: all */
  async function look(only?: string): Promise<void> {
    signal.throwIfAborted()
    const versions = new Map<string, Promise<string | undefined>>()
    for (const gallery of allGalleries()) {
      const model = followedModel(gallery)
      if (model === undefined || (only !== undefined && model !== only)) continue
      if (!versions.has(model)) versions.set(model, productionVersion(getModel, model))
      const version = await versions.get(model)
      if (version !== undefined) await reembeddings.follow(gallery.id, version, only !== undefined).catch(ifGone)
    }
    work()
  }

  /** Does what is on record, unless that is being done. */
  function work(): void {
    wanted = true
    working ??= workWhileWanted().finally(() => {
      working = undefined
    })
  }

  async function workWhileWanted(): Promise<void> {
    while (wanted && !signal.aborted) {
      wanted = false
      await workAll().catch((error: unknown) => {
        if (!signal.aborted)
          logger?.warn({ err: error }, 'embedding galleries anew was interrupted; going on in a while')
      })
    }
  }

  async function workAll(): Promise<void> {
    for (let tries = 0; ; ) {
      const gallery = allGalleries().find(({ id, staleSets }) => staleSets.length > 0 || reembeddings.active(id))
      if (!gallery) return
      signal.throwIfAborted()
      const done = await follow(gallery.id)
      tries = done ? 0 : tries + 1
      if (!done) await sleep(Math.min(patience.firstWaitMs * 2 ** tries, patience.longestWaitMs), undefined, { signal })
    }
  }

  /** @returns whether nothing is left to do for the gallery, as it looked before */
  async function follow(id: string): Promise<boolean> {
    try {
      // First of all, for an index of the same version may be among them.
      await galleries.eraseStale(id)
      const job = reembeddings.active(id)
      if (!job) return true
      await reembeddings.begin(id, job.generation)
      const about = { gallery: id, version: job.targetVersion }
      try {
        const switched = await reembed(id, job, signal)
        if (switched) logger?.info(about, 'a gallery was embedded anew and switched')
        return switched
      } catch (error) {
        signal.throwIfAborted()
        if (isPassing(error)) throw error
        await reembeddings.fail(id, job.generation, errorOf(error))
        logger?.warn({ ...about, err: error }, 'a gallery cannot follow its model and stays on its version')
        return true
      }
    } catch (error) {
      await ifGone(error)
      return true
    }
  }

  function allGalleries(): GalleryRecord[] {
    const all: GalleryRecord[] = []
    let pageToken = ''
    do {
      const page = galleries.store.listGalleries({ pageSize: 0, pageToken })
      all.push(...page.items)
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return all
  }

  const lookQuietly = () => {
    // An embedder that is away now is asked again next time.
    looking = lock
      .run('', () => look())
      .catch((error: unknown) => {
        if (!signal.aborted) logger?.warn({ err: error }, 'cannot learn which versions are in production; asking again')
        work()
      })
  }

  return {
    start() {
      lookQuietly()
      timer = setInterval(lookQuietly, deps.lookEveryMs).unref()
    },
    promoted: (model) => lock.run('', () => look(model)),
    async close() {
      closing.abort()
      clearInterval(timer)
      await Promise.all([looking, working])
    },
  }
}

/** A gallery that was deleted meanwhile needs nothing any more. */
async function ifGone(error: unknown): Promise<void> {
  if (!(error instanceof DomainError && error.reason === 'GALLERY_NOT_FOUND')) throw error
}
