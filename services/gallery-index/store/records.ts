/**
 * What the index holds of a subject with several faces: `every` face as a template of its own, or one template, the normalised mean of all
 * (`fused`). The store keeps every face under both.
 */
export type TemplatePolicy = 'every' | 'fused'

/** Times are milliseconds since the epoch. */
export interface GalleryRecord {
  readonly id: string
  readonly displayName: string
  /** `models/{model}`, or empty: the server's default. */
  readonly model: string
  /** The version whose embeddings it holds; empty until the first enrolment. */
  readonly modelVersion: string
  /** Values an embedding; 0 until the first enrolment. */
  readonly dimension: number
  readonly templatePolicy: TemplatePolicy
  readonly subjectCount: number
  readonly faceCount: number
  readonly createTime: number
  /** The set of embeddings that is searched. A gallery embedded anew has two sets for a while; numbers are never used again. */
  readonly generation: number
  /** The highest number given to a set. */
  readonly lastGeneration: number
  /** Sets that nobody uses any more, to be erased. */
  readonly staleSets: readonly EmbeddingSet[]
  /** How it follows, or last followed, a promotion. */
  readonly reembedding: ReembeddingRecord | null
}

/** A gallery's faces embedded by one version. */
export interface EmbeddingSet {
  readonly generation: number
  readonly modelVersion: string
  /** Values an embedding; 0 where it holds none. */
  readonly dimension: number
}

/** The work of embedding a gallery anew. */
export interface ReembeddingRecord {
  /** The set of the new embeddings. */
  readonly generation: number
  /** `models/{model}/versions/{version}` */
  readonly targetVersion: string
  /** `failed`: the set is gone and the gallery stays as it was. */
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed'
  /** Values a new embedding; 0 before the first one. */
  readonly dimension: number
  /** Faces of the gallery that have a new embedding. */
  readonly done: number
  /** Faces of the gallery that the new version cannot embed. */
  readonly failed: number
  /** Why it failed. */
  readonly error: { readonly reason: string; readonly message: string } | null
  readonly createTime: number
  readonly endTime: number | null
}

export interface SubjectRecord {
  readonly id: string
  /** Unique in the store for ever, never used again. Under `fused` it is the id of the subject's template. */
  readonly key: number
  readonly displayName: string
  readonly labels: Readonly<Record<string, string>>
  readonly faceCount: number
  readonly createTime: number
  readonly updateTime: number
}

export interface FaceRecord {
  /** Unique in the store for ever, like a subject's. Under `every` it is the id of the face's template. */
  readonly key: number
  /** Of the gallery's version; empty where that version cannot embed the face. */
  readonly embedding: Float32Array
  /** Shortest side of the face in source pixels. */
  readonly faceResolution: number
  readonly detectionScore: number
  /** What tells the same face when it comes again, e.g. the SHA-256 of the image; empty: nothing does. */
  readonly source: string
  /** What the face can be embedded from again; absent: only its embedding is known. */
  readonly picture?: KeptPicture
  readonly createTime: number
}

/** A picture of the object store that an enrolled face is on. */
export interface KeptPicture {
  /** Hex SHA-256 of the file. */
  readonly digest: string
  /** Which face of it and how it was framed: an encoded FaceInput without the picture. */
  readonly framing: Uint8Array
}

/** A vector of the index. */
export interface Template {
  readonly key: number
  readonly subjectId: string
  /** L2-normalised. */
  readonly embedding: Float32Array
}

/** A face to be enrolled. `embedding` is finite and L2-normalised. */
export type NewFace = Pick<FaceRecord, 'embedding' | 'faceResolution' | 'detectionScore' | 'source' | 'picture'>

export interface Enrolment {
  readonly galleryId: string
  readonly subjectId: string
  /** The version that made the embeddings, `models/{model}/versions/{version}`. */
  readonly modelVersion: string
  readonly faces: readonly NewFace[]
  /** Undefined: unchanged. */
  readonly displayName?: string
  /** Set or overwritten; the others stay. */
  readonly labels?: Readonly<Record<string, string>>
  readonly request?: EnrolmentRequest
}

/** Makes an enrolment idempotent (AIP-155): a second call with the same id changes nothing and answers what the first answered. */
export interface EnrolmentRequest {
  /** 1 to 128 bytes. */
  readonly id: string
  /** What the caller wants back, byte for byte, when the request comes again; stored in the same transaction. */
  encodeAnswer?(result: EnrolmentResult): Uint8Array
}

export interface EnrolmentResult {
  /** The subject afterwards. */
  readonly subject: SubjectRecord
  /** One for each face of the enrolment, in its order. */
  readonly faces: readonly EnrolledFace[]
}

export interface EnrolledFace {
  readonly key: number
  /** The subject had a face of the same source: nothing was added. */
  readonly alreadyPresent: boolean
}

/** What an enrolment did to the store. */
export interface EnrolmentOutcome extends EnrolmentResult {
  /** Templates that are new or other than before; none when the request was a repeated one. */
  readonly changed: readonly Template[]
  /** Whether this request id had been answered before. */
  readonly repeated: boolean
  /** What `encodeAnswer` made, now or then. */
  readonly answer?: Uint8Array
}
