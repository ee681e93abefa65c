import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { FaceInput } from '../../gen/crossres/v1/common.js'
import { createKeyedLock } from '../../libs/config/keyed-lock.js'
import { createImageSource } from '../../libs/objects/image-source.js'
import type { ObjectStore } from '../../libs/objects/object-store.js'
import type { LoosePicture, PictureUses } from './store/pictures.js'
import type { KeptPicture } from './store/records.js'

/** The pictures that faces were enrolled with, in the object store for as long as a face uses them. */
export interface Pictures {
  /**
   * Stores the pictures of faces, each once, and then enrols the faces.
   * @param enrol is given what to keep with each face, undefined for one without a picture; it must put that on record
   * @throws what `enrol` throws; then no picture stays
   * @throws DomainError STORAGE_FULL, STORAGE_UNAVAILABLE, OBJECT_NOT_FOUND
   */
  keep<T>(
    galleryId: string,
    inputs: readonly FaceInput[],
    signal: AbortSignal,
    enrol: (kept: readonly (KeptPicture | undefined)[]) => Promise<T>,
  ): Promise<T>
  /** @returns a face as it was enrolled */
  inputOf(galleryId: string, picture: KeptPicture): FaceInput
  /** Deletes pictures that no face uses. Where the object store does not let it, that is logged and tried again by the next sweep. */
  sweep(galleryId?: string): Promise<void>
}

export interface PicturesDeps {
  readonly objects: ObjectStore
  readonly uses: PictureUses
  /** Whether pictures are kept at all; those kept before stay until their faces are deleted. */
  readonly keepPictures: boolean
  readonly logger?: Pick<Logger, 'warn'>
}

/** Objects stored or deleted at once by one call. */
const AT_ONCE = 8

/** @returns the key of an enrolled picture */
export const pictureKey = (galleryId: string, digest: string): string => `images/enrolled/${galleryId}/${digest}`

export function createPictures({ objects, uses, keepPictures, logger }: PicturesDeps): Pictures {
  const images = createImageSource(objects)
  const lock = createKeyedLock()
  /** How many enrolments under way rely on a picture; it is not swept meanwhile. */
  const pins = new Map<string, number>()
  const pin = (key: string, by: 1 | -1) => {
    const count = (pins.get(key) ?? 0) + by
    if (count === 0) pins.delete(key)
    else pins.set(key, count)
  }

  async function read(input: FaceInput, signal: AbortSignal) {
    if (input.input?.$case !== 'image') return undefined
    const file = await images.read(input.input.value, signal)
    const digest = createHash('sha256').update(file).digest('hex')
    const framing = FaceInput.encode({ ...input, input: undefined }).finish()
    return { file, kept: { digest, framing } }
  }

  async function store(key: string, file: Uint8Array): Promise<void> {
    await lock.run(key, async () => {
      if (!(await objects.head(key))) await objects.put(key, file)
    })
  }

  async function remove(picture: LoosePicture): Promise<void> {
    const key = pictureKey(picture.galleryId, picture.digest)
    await lock.run(key, async () => {
      // An enrolment may have come in between; it puts the picture on record, or sweeps it itself.
      if (pins.has(key) || uses.isUsed(picture.galleryId, picture.digest)) return
      await objects.delete(key)
      await uses.forget(picture)
    })
  }

  async function removeAll(pictures: readonly LoosePicture[]): Promise<void> {
    const limit = pLimit(AT_ONCE)
    const results = await Promise.allSettled(pictures.map((picture) => limit(() => remove(picture))))
    const failed = results.filter((result) => result.status === 'rejected')
    if (!failed[0]) return
    logger?.warn(
      { err: failed[0].reason, pictures: failed.length },
      'pictures of deleted faces are still there; trying again',
    )
  }

  return {
    async keep(galleryId, inputs, signal, enrol) {
      if (!keepPictures) return enrol(inputs.map(() => undefined))
      const found = await Promise.all(inputs.map((input) => read(input, signal)))
      const files = new Map(found.flatMap((item) => (item ? [[item.kept.digest, item.file] as const] : [])))
      const digests = [...files.keys()]
      const keys = digests.map((digest) => pictureKey(galleryId, digest))
      for (const key of keys) pin(key, 1)
      try {
        if (digests.length > 0) await uses.announce(galleryId, digests)
        const limit = pLimit(AT_ONCE)
        await Promise.all(
          Array.from(files, ([digest, file]) => limit(() => store(pictureKey(galleryId, digest), file))),
        )
        return await enrol(found.map((item) => item?.kept))
      } finally {
        for (const key of keys) pin(key, -1)
        const loose = digests.filter((digest) => uses.isLoose(galleryId, digest))
        if (loose.length > 0) await removeAll(loose.map((digest) => ({ galleryId, digest })))
      }
    },
    inputOf(galleryId, { digest, framing }) {
      const uri = `object:${pictureKey(galleryId, digest)}`
      return {
        ...FaceInput.decode(framing),
        input: { $case: 'image', value: { source: { $case: 'uri', value: uri } } },
      }
    },
    sweep: (galleryId) => removeAll(uses.loose(galleryId)),
  }
}
