import type { Box, Point } from '../face/face.js'

/** Where the bytes of a picture lie: a whole file, or a part of one (an entry of a tar shard). */
export interface PictureBytes {
  readonly file: string
  /** In bytes; absent for a whole file. */
  readonly part?: { readonly offset: number; readonly length: number }
}

/** Where the face is, in pixels of its picture. */
export interface KnownFace {
  readonly box: Box
  /** Five points (see FivePoints), or none where only the box is known. */
  readonly landmarks: readonly Point[]
}

/** One face to train on. */
export interface FaceItem {
  /** Its name within the dataset, with `/`: `subject/0001.jpg`, or `shard-000000.tar/000000001.png`. */
  readonly path: string
  /** Who it is; null where nobody has said. */
  readonly subject: string | null
  readonly bytes: PictureBytes
  /** Absent for a picture that is a face crop already: it is used whole. */
  readonly face?: KnownFace
}

/** A picture that could not be used. */
export interface SkippedPicture {
  /** See FaceItem. */
  readonly path: string
  /** Of a DomainError, such as IMAGE_CORRUPT. */
  readonly reason: string
  /** What is wrong and what to do. */
  readonly message: string
}

/** Faces to train on, listed; no picture has been read. */
export interface FaceDataset {
  /** The folder they lie in. */
  readonly folder: string
  readonly items: readonly FaceItem[]
  /**
   * SHA-256 in hex over path, subject, size and known face of every item: changes whenever one of them does. It does not read the
   * pictures, so one that is exchanged for another of the very same size goes unnoticed.
   */
  readonly fingerprint: string
  /** Pictures that the landmarks file does not know; they are no items. */
  readonly withoutFace: number
}
