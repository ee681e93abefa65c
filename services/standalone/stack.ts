import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Environment, readEnvironment } from '../../libs/config/environment.js'
import { acquireFolder } from '../../libs/config/exclusive-folder.js'
import { openEventBus } from '../../libs/events/open-event-bus.js'
import { openObjectStore, type StoreDescription } from '../../libs/objects/open-object-store.js'
import { type Servable, type Served, serve } from '../../libs/rpc/serve.js'
import { observeBus } from '../../libs/telemetry/observe-bus.js'
import { NO_TELEMETRY, type Telemetry } from '../../libs/telemetry/telemetry.js'
import { createDownsampler } from '../downsampler/create-downsampler.js'
import { createEmbedder } from '../embedder/create-embedder.js'
import { createEvaluator } from '../evaluator/create-evaluator.js'
import { createGalleryIndex } from '../gallery-index/create-gallery-index.js'
import { createTrainer } from '../trainer/create-trainer.js'

/** Settings of all services of one process. */
export type Settings = Environment['settings']

/** Where a stack keeps its state and where it listens. */
export interface StackOptions {
  /** Holds all state: models, galleries, pictures. One process at a time. */
  readonly dataFolder: string
  /** Where objects are; a folder is always that of the data folder. */
  readonly objects?: StoreDescription
  /** What carries events; default: this process alone. */
  readonly events?: Environment['events']
  /** How galleries are searched; default: exactly, in this process. */
  readonly vectors?: Environment['vectors']
  /** Holds what can be made again. */
  readonly cacheFolder: string
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Allows an address that other machines reach; default: not. */
  readonly insecure?: boolean
  readonly logger: Logger
  /** Hears of all work; default: nobody does. */
  readonly telemetry?: Telemetry
  /** Whether trainings and evaluations that an earlier process left go on at the start; default: yes. */
  readonly takesUpRuns?: boolean
  /** Default: those of an empty environment. */
  readonly settings?: Partial<Settings>
}

/**
 * All five services in this process, on one port; unless told otherwise with folders for stores and an in-process bus.
 * @throws DomainError DATA_FOLDER_IN_USE
 */
export async function createStack(options: StackOptions): Promise<Served> {
  const settings = { ...readEnvironment({}).settings, ...options.settings }
  const hold = await acquireFolder(options.dataFolder)
  const parts: Servable[] = []
  const { logger, telemetry = NO_TELEMETRY } = options
  const bus = openEventBus(options.events ?? { kind: 'in-process' }, { name: 'crossres', logger })
  const events = observeBus(bus, telemetry)
  const close = async () => {
    await Promise.all(parts.map((part) => part.close()))
    await events.close()
    await hold.release()
  }
  try {
    const inFolder: StoreDescription = { kind: 'folder', folder: join(options.dataFolder, 'objects') }
    const store = options.objects?.kind === 's3' ? options.objects : inFolder
    const objects = await openObjectStore(store)
    const { cacheFolder } = options
    const embedder = createEmbedder({ objects, cacheFolder, events, logger, telemetry }, settings)
    parts.push(embedder, createDownsampler({ objects, cacheFolder, events }, settings))
    const folder = join(options.dataFolder, 'galleries')
    const { embedImage, getModel } = embedder
    const vectors = options.vectors ?? { kind: 'exact' }
    parts.push(
      await createGalleryIndex({
        folder,
        objects,
        vectors,
        callEmbedder: embedImage,
        getModel,
        events,
        logger,
        telemetry,
        settings,
      }),
    )
    const shared = { ...options, objects, store, events }
    parts.push(await createTrainer({ ...shared, folder: join(options.dataFolder, 'trainer') }, settings))
    parts.push(await createEvaluator({ ...shared, folder: join(options.dataFolder, 'evaluator') }, settings))
  } catch (error) {
    await close()
    throw error
  }
  const services = parts.flatMap((part) => part.services)
  const warm = async () => {
    await Promise.all(parts.map((part) => part.warm()))
  }
  return serve({ services, warm, close }, { ...options, maxMessageBytes: settings.maxMessageBytes })
}
