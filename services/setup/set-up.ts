import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Environment } from '../../libs/config/environment.js'
import { ensureTopology } from '../../libs/events/ensure-topology.js'
import { ensureBaseModel, faceApiFolder } from '../../libs/models/base-model.js'
import { createModelRegistry } from '../../libs/models/model-registry.js'
import { ensureShippedModel, shippedModelFolder } from '../../libs/models/shipped-model.js'
import { ensureBucket } from '../../libs/objects/ensure-bucket.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { ensureExpiry } from './ensure-expiry.js'
import { ensureNotifications } from './ensure-notifications.js'

/** What a set-up works with. */
export interface SetUpDeps extends Pick<Environment, 'objects' | 'events' | 'notificationTarget' | 'cacheFolder'> {
  /** Opens the object store, which is there by then. */
  openObjects(): Promise<ObjectStore>
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/**
 * Makes what the services find when they start: the bucket, the streams and consumers, the store's notifications, the models. What is there
 * stays; any number may do so at once, and again. It waits for servers that are still starting, a minute each.
 * @throws DomainError of the store and of the bus; NOTIFICATIONS_REFUSED
 */
export async function setUp(deps: SetUpDeps): Promise<void> {
  const { objects: store, events, notificationTarget, logger } = deps
  if (store.kind === 's3') {
    await ensureBucket(store)
    logger.info({ bucket: store.bucket, endpoint: store.endpoint }, 'the bucket is there')
    await ensureExpiry(store).catch((error: unknown) =>
      logger.warn({ err: error }, 'the object store does not delete old objects: see to images/cleaned/ yourself'),
    )
  }
  if (events.kind === 'nats') {
    await ensureTopology(events)
    logger.info('the streams and consumers of events are there')
  }
  // After the streams: what the store tells before there is one is heard by nobody.
  if (store.kind === 's3' && events.kind === 'nats' && notificationTarget !== undefined) {
    await ensureNotifications(store, notificationTarget)
    logger.info({ target: notificationTarget }, 'the object store tells of pictures to enrol')
  }
  const registry = createModelRegistry({ objects: await deps.openObjects() })
  const cacheFolder = join(deps.cacheFolder, 'face-api')
  const base = await ensureBaseModel({ registry, packageFolder: faceApiFolder(), cacheFolder })
  const shipped = await ensureShippedModel({ registry, folder: shippedModelFolder() })
  logger.info({ base, shipped }, 'the models are there')
}
