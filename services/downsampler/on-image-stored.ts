import type { ThreadPool } from '../../libs/config/thread-pool.js'
import type { EventBus, Subscription } from '../../libs/events/event-bus.js'
import { onEvent, publishEvent } from '../../libs/events/event-types.js'
import { idAfter } from '../../libs/events/id-after.js'
import { CLEANED_PREFIX } from '../../libs/objects/image-keys.js'
import type { ImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import { poisonWhereHopeless } from '../../libs/rpc/poison-where-hopeless.js'
import type { CleanPicture, CleanTask } from './clean-task.js'

/** What cleaning stored pictures works with. */
export interface CleanDeps {
  readonly objects: ObjectStore
  readonly images: ImageSource
  readonly events: EventBus
  readonly threads: Pick<ThreadPool<CleanTask, CleanPicture>, 'run'>
  /** Largest picture in pixels. */
  readonly maxPixels: number
  /** Pictures at work at once. */
  readonly concurrency: number
}

/**
 * Handles `image.stored`: checks that a picture is whole, keeps its pixels and nothing else, measures it, and publishes `image.downsampled`.
 * The cleaned picture lies under `images/cleaned/` until its face is enrolled.
 */
export function onImageStored(deps: CleanDeps): Promise<Subscription> {
  const { objects, images, events, threads, maxPixels, concurrency } = deps
  return onEvent(
    events,
    'image.stored',
    'downsampler',
    (source, { id, signal }) =>
      poisonWhereHopeless(async () => {
        const file = await images.read({ source: { $case: 'uri', value: source.uri } }, signal)
        const { png, width, height } = await threads.run({ file, maxPixels }, { signal })
        const next = idAfter(id, 'image.downsampled')
        // Named after the event: whoever is done with it may delete it, whatever other events of the same picture are under way.
        const key = `${CLEANED_PREFIX}${next}.png`
        await objects.put(key, png)
        const message = { source, uri: `object:${key}`, width, height, variants: [] }
        await publishEvent(events, 'image.downsampled', source.uri, message, next)
      }),
    { concurrency },
  )
}
