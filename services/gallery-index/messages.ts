import { type Gallery, TemplatePolicy as PolicyMessage, type Subject } from '../../gen/crossres/v1/gallery_index.js'
import { DomainError } from '../../libs/config/domain-error.js'
import type { GalleryRecord, SubjectRecord, TemplatePolicy } from './store/records.js'

/** @returns the id of `galleries/{gallery}`. @throws DomainError NAME_INVALID */
export function galleryId(name: string): string {
  const match = /^galleries\/([^/]+)$/.exec(name)
  if (match) return match[1] as string
  throw new DomainError('NAME_INVALID', `${JSON.stringify(name.slice(0, 200))} is no gallery: write galleries/ID.`)
}

/** @returns the ids of `galleries/{gallery}/subjects/{subject}`. @throws DomainError NAME_INVALID */
export function subjectIds(name: string): { gallery: string; subject: string } {
  const match = /^galleries\/([^/]+)\/subjects\/([^/]+)$/.exec(name)
  if (match) return { gallery: match[1] as string, subject: match[2] as string }
  throw new DomainError(
    'NAME_INVALID',
    `${JSON.stringify(name.slice(0, 200))} is no subject: write galleries/ID/subjects/ID.`,
  )
}

/** @returns the resource name of a subject */
export function subjectName(gallery: string, subject: string): string {
  return `galleries/${gallery}/subjects/${subject}`
}

/** @returns a stored gallery as callers see it */
export function toGallery(record: GalleryRecord): Gallery {
  return {
    name: `galleries/${record.id}`,
    displayName: record.displayName,
    model: record.model,
    modelVersion: record.modelVersion,
    templatePolicy: record.templatePolicy === 'fused' ? PolicyMessage.FUSED : PolicyMessage.EVERY,
    subjectCount: BigInt(record.subjectCount),
    faceCount: BigInt(record.faceCount),
    createTime: new Date(record.createTime),
  }
}

/** @returns a stored subject as callers see it */
export function toSubject(gallery: string, record: SubjectRecord): Subject {
  return {
    name: subjectName(gallery, record.id),
    displayName: record.displayName,
    labels: { ...record.labels },
    faceCount: BigInt(record.faceCount),
    createTime: new Date(record.createTime),
    updateTime: new Date(record.updateTime),
  }
}

/** @returns the policy that a message asks for */
export function toPolicy(policy: PolicyMessage | undefined): TemplatePolicy {
  return policy === PolicyMessage.FUSED ? 'fused' : 'every'
}
