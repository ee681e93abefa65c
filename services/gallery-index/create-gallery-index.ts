import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import { once } from '../../libs/config/once.js'
import type { EventBus } from '../../libs/events/event-bus.js'
import { onEvent } from '../../libs/events/event-types.js'
import { parseModelName } from '../../libs/models/model-name.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import type { Servable } from '../../libs/rpc/serve.js'
import { NO_TELEMETRY, type Telemetry } from '../../libs/telemetry/telemetry.js'
import { openVectorSearch, type VectorsDescription } from '../../libs/vectors/open-search.js'
import { createCalibrations, type GetModel } from './calibrations.js'
import { createDecide, type DecisionSettings } from './decide.js'
import { type CallEmbedder, createEmbedFace } from './face-embedder.js'
import { createGalleries } from './gallery.js'
import { watchIndexSize } from './index-size.js'
import { measureDecisions } from './measured-decide.js'
import { onFaceEmbedded } from './on-face-embedded.js'
import { createPictures } from './pictures.js'
import { createReembedder } from './reembed/reembedder.js'
import { createGalleryIndexService } from './service.js'
import { createGalleryStore } from './store/gallery-store.js'

/** Settings of a gallery index. */
export interface GalleryIndexSettings extends DecisionSettings {
  /** Whether enrolled pictures are kept, so that galleries can follow a promotion of their model. */
  readonly keepPictures: boolean
}

/** What a gallery index is put together from. */
export interface GalleryIndexDeps {
  /** Holds the galleries; one process at a time, whatever else it serves. */
  readonly folder: string
  /** Holds the pictures of enrolled faces; the embedder's as well. */
  readonly objects: ObjectStore
  readonly callEmbedder: CallEmbedder
  readonly getModel: GetModel
  /** How galleries are searched; default: exactly, in this process. */
  readonly vectors?: VectorsDescription
  /** Tells of promotions, and of faces to enrol. */
  readonly events: EventBus
  readonly logger?: Logger
  /** Hears of stages, scores and decisions; default: nobody does. */
  readonly telemetry?: Telemetry
  readonly settings: GalleryIndexSettings
}

/** Faces embedded anew at once: some for the embedder to batch, few enough for searches to get their turn. */
const REEMBED_CONCURRENCY = 4
/** Faces of events enrolled at once: enough to share a flush of the disk. */
const ENROL_CONCURRENCY = 8
const PATIENCE = { firstWaitMs: 200, longestWaitMs: 30_000 }
/** Promotions that no event told of are seen, and pictures that could not be deleted are tried again, after this long. */
const LOOK_EVERY_MS = 30_000

/**
 * Puts a gallery index together; `warm` fills the indexes of all galleries.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createGalleryIndex(deps: GalleryIndexDeps): Promise<Servable> {
  const { folder, objects, getModel, events, logger, telemetry = NO_TELEMETRY, settings } = deps
  const hold = await acquireFolder(folder)
  const store = createGalleryStore({ folder })
  const search = await openVectorSearch(deps.vectors ?? { kind: 'exact' })
  const indexed = createGalleries({ store, createIndex: search.createIndex })
  const galleries: typeof indexed = {
    ...indexed,
    search: (...question) => telemetry.stage('search', () => indexed.search(...question)),
  }
  const unwatch = watchIndexSize(store, telemetry.metrics)
  const embedFace = createEmbedFace((request, signal) =>
    telemetry.stage('call_embedder', () => deps.callEmbedder(request, signal)),
  )
  const pictures = createPictures({ objects, uses: store.pictures, ...settings, ...(logger && { logger }) })
  const reembedder = createReembedder({
    galleries,
    pictures,
    embedFace,
    getModel,
    patience: PATIENCE,
    concurrency: REEMBED_CONCURRENCY,
    lookEveryMs: LOOK_EVERY_MS,
    ...(logger && { logger }),
  })
  const listening = once(() =>
    // A consumer of its own: what it misses while it is away, it sees by looking.
    onEvent(
      events,
      'model.promoted',
      `gallery-index-${randomUUID()}`,
      ({ version }) => reembedder.promoted(parseModelName(version).model),
      { transient: true },
    ),
  )
  const enrolling = once(() =>
    onFaceEmbedded({ galleries, embedFace, pictures, events, objects, concurrency: ENROL_CONCURRENCY }),
  )
  let sweeping: Promise<void> = Promise.resolve()
  const sweep = () => {
    sweeping = pictures.sweep()
  }
  let timer: NodeJS.Timeout | undefined
  return {
    services: [
      createGalleryIndexService({
        galleries,
        embedFace,
        pictures,
        findCalibration: createCalibrations({ getModel }),
        decide: measureDecisions(createDecide(settings), telemetry.metrics),
        events,
      }),
    ],
    async warm() {
      await galleries.load()
      await listening.get()
      await enrolling.get()
      reembedder.start()
      sweep()
      timer = setInterval(sweep, LOOK_EVERY_MS).unref()
    },
    async close() {
      unwatch()
      clearInterval(timer)
      await reembedder.close()
      await (await listening.made())?.close()
      await (await enrolling.made())?.close()
      await sweeping
      await galleries.close()
      await search.close()
      await store.close()
      await hold.release()
    },
  }
}
