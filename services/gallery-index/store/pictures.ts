import { beginningWith, type Databases, numbered } from './databases.js'

/**
 * Which pictures of the object store a gallery's faces are on. A picture is either used by a face or named as loose: before it is stored
 * at all, and again from the moment that its last face is deleted. So none can be forgotten there, whenever the process dies.
 */
export interface PictureUses {
  /** Names pictures as loose that no face uses yet; on disk when it resolves. */
  announce(galleryId: string, digests: readonly string[]): Promise<void>
  /** Whether a face uses the picture. */
  isUsed(galleryId: string, digest: string): boolean
  isLoose(galleryId: string, digest: string): boolean
  /** Loose pictures, of one gallery or of all, those of deleted galleries among them. */
  loose(galleryId?: string): LoosePicture[]
  /** Says that a loose picture is not in the object store. */
  forget(picture: LoosePicture): Promise<void>
}

export interface LoosePicture {
  readonly galleryId: string
  /** Hex SHA-256 of the file. */
  readonly digest: string
}

/** @returns the uses of the pictures in these databases */
export function createPictureUses(databases: Databases): PictureUses {
  const { loosePictures } = databases
  return {
    announce: (galleryId, digests) =>
      databases.commit(() => {
        for (const digest of digests) {
          if (!isUsed(databases, galleryId, digest)) loosePictures.putSync([galleryId, digest], true)
        }
      }),
    isUsed: (galleryId, digest) => isUsed(databases, galleryId, digest),
    isLoose: (galleryId, digest) => loosePictures.doesExist([galleryId, digest]),
    loose(galleryId) {
      const keys = loosePictures.getKeys(galleryId === undefined ? {} : beginningWith(galleryId))
      return [...keys].map(([gallery, digest]) => ({ galleryId: gallery, digest }))
    },
    forget: ({ galleryId, digest }) =>
      databases.commit(() => {
        loosePictures.removeSync([galleryId, digest])
      }),
  }
}

/** Notes that a face is on a picture. Inside a transaction. */
export function usePicture(
  { pictures, loosePictures }: Databases,
  galleryId: string,
  digest: string,
  face: number,
): void {
  pictures.putSync([galleryId, digest, face], true)
  loosePictures.removeSync([galleryId, digest])
}

/** Notes that a face is gone; a picture that nobody uses then is loose. Inside a transaction. */
export function leavePicture(databases: Databases, galleryId: string, digest: string, face: number): void {
  databases.pictures.removeSync([galleryId, digest, face])
  if (!isUsed(databases, galleryId, digest)) databases.loosePictures.putSync([galleryId, digest], true)
}

function isUsed({ pictures }: Databases, galleryId: string, digest: string): boolean {
  const [user] = [...pictures.getKeys({ ...numbered(galleryId, digest), limit: 1 })]
  return user !== undefined
}
