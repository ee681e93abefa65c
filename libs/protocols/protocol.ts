import type { Box, FivePoints } from '../face/face.js'

/** A picture of a protocol, or one face of a picture that shows several. */
export interface ProtocolImage {
  /** Unique and stable: the path within the data set, with `/`; `path#sighting` where a picture shows several faces. */
  readonly id: string
  /** Absolute path. */
  readonly file: string
  /** Who it is, as far as the data set says. */
  readonly subject: string | null
  /** What the data set knows of the face, in pixels of the picture; without it the face has yet to be found. */
  readonly face?: { readonly box?: Box; readonly landmarks?: FivePoints; readonly score?: number }
  /** Frames of one video have the same; a picture without one is a medium of its own. Means something within a template only. */
  readonly medium?: string
}

/** One or more pictures of one subject, embedded and fused to one feature: see fuseTemplates. */
export interface Template {
  /** Unique within the protocol. */
  readonly id: string
  /** null: somebody whom the data set does not name, such as a distractor. */
  readonly subject: string | null
  /** Ids of pictures, at least one. */
  readonly images: readonly string[]
}

/** Comparisons of templates, column by column: IJB-C has 15.66 million. */
export interface TemplatePairs {
  /** Indices into the templates. */
  readonly reference: Uint32Array
  /** Indices into the templates: the side that is degraded in probe-only runs. */
  readonly probe: Uint32Array
  /** 1 where both are the same subject, else 0. */
  readonly mated: Uint8Array
  /** 0..folds - 1. */
  readonly fold: Uint8Array
  /** 1 where the protocol knows no folds. */
  readonly folds: number
}

interface ProtocolData {
  /** Stable, lower-case with hyphens: `ijbc-identification`. */
  readonly name: string
  readonly images: readonly ProtocolImage[]
  readonly templates: readonly Template[]
}

/** One-to-one comparisons. */
export interface VerificationProtocol extends ProtocolData {
  readonly kind: 'verification'
  readonly pairs: TemplatePairs
}

/** Searches of a gallery. */
export interface IdentificationProtocol extends ProtocolData {
  readonly kind: 'identification'
  /** Searched one by one, and the figures averaged; indices into the templates. */
  readonly galleries: readonly { readonly name: string; readonly templates: Uint32Array }[]
  /** Indices into the templates; one whose subject is in no template of a gallery (or is null) is non-mated there. */
  readonly probes: Uint32Array
}

/** What is compared with what, and what is true: data that any model can be measured on. */
export type Protocol = VerificationProtocol | IdentificationProtocol
