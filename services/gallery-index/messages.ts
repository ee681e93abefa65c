import { JobState } from '../../gen/crossres/v1/common.js'
import {
  type Gallery,
  TemplatePolicy as PolicyMessage,
  type Reembedding,
  type Subject,
} from '../../gen/crossres/v1/gallery_index.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { statusOfReason } from '../../libs/rpc/status-of-reason.js'
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
    reembedding: toReembedding(record),
  }
}

const STATES = {
  queued: JobState.QUEUED,
  running: JobState.RUNNING,
  succeeded: JobState.SUCCEEDED,
  failed: JobState.FAILED,
}

function toReembedding({ faceCount, reembedding: work }: GalleryRecord): Reembedding | undefined {
  if (!work) return undefined
  const { targetVersion, state, done, failed, error, createTime, endTime } = work
  return {
    targetVersion,
    state: STATES[state],
    // Once it is over, faces come and go without it.
    total: BigInt(state === 'succeeded' ? done + failed : faceCount),
    done: BigInt(done),
    failed: BigInt(failed),
    error: error ? { ...error, code: statusOfReason(error.reason), metadata: {} } : undefined,
    createTime: new Date(createTime),
    endTime: endTime === null ? undefined : new Date(endTime),
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
