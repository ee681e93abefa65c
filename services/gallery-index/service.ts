import { GalleryIndexDefinition, type GalleryIndexServiceImplementation } from '../../gen/crossres/v1/gallery_index.js'
import { publishEvent } from '../../libs/events/event-types.js'
import { parseModelName } from '../../libs/models/model-name.js'
import { answerItems } from '../../libs/rpc/answer-items.js'
import { type RpcService, rpcService } from '../../libs/rpc/server.js'
import { createEnroll, type EnrollDeps } from './enroll.js'
import { createMatch, type MatchDeps } from './match.js'
import { galleryId, subjectIds, toGallery, toPolicy, toSubject } from './messages.js'

/** Items of one stream at work at once. */
const STREAM_CONCURRENCY = 32

/** @returns the GalleryIndex service: names in, the galleries' answers out; enroll.ts and match.ts hold the work */
export function createGalleryIndexService(deps: EnrollDeps & MatchDeps): RpcService {
  const { galleries, pictures, events } = deps
  const { store } = galleries
  const enroll = createEnroll(deps)
  const { match, verify } = createMatch(deps)

  const implementation: GalleryIndexServiceImplementation = {
    async createGallery({ galleryId: id, gallery }) {
      const model = gallery?.model ?? ''
      if (model) parseModelName(model)
      const record = await store.createGallery({
        id,
        displayName: gallery?.displayName ?? '',
        model,
        templatePolicy: toPolicy(gallery?.templatePolicy),
      })
      return { gallery: toGallery(record) }
    },

    getGallery: async ({ name }) => ({ gallery: toGallery(store.getGallery(galleryId(name))) }),

    async listGalleries(request) {
      const { items, nextPageToken } = store.listGalleries(request)
      return { galleries: items.map(toGallery), nextPageToken }
    },

    async deleteGallery({ name, force }) {
      const id = galleryId(name)
      const { subjects, faces } = await galleries.deleteGallery(id, force)
      await pictures.sweep(id)
      return { deletedSubjects: BigInt(subjects), deletedFaces: BigInt(faces) }
    },

    enroll: (request, { signal }) => enroll(request, signal),

    enrollStream: (requests, { signal }) => answerItems(requests, STREAM_CONCURRENCY, enroll, signal),

    async getSubject({ name }) {
      const { gallery, subject } = subjectIds(name)
      return { subject: toSubject(gallery, store.getSubject(gallery, subject)) }
    },

    async listSubjects(request) {
      const gallery = galleryId(request.gallery)
      const { items, nextPageToken } = store.listSubjects(gallery, request)
      return { subjects: items.map((subject) => toSubject(gallery, subject)), nextPageToken }
    },

    async deleteSubject({ name }) {
      const { gallery, subject } = subjectIds(name)
      const deletedFaces = BigInt(await galleries.deleteSubject(gallery, subject))
      await pictures.sweep(gallery)
      await publishEvent(events, 'subject.deleted', name, { subject: name, deletedFaces })
      return { deletedFaces }
    },

    match: (request, { signal }) => match(request, signal),

    matchStream: (requests, { signal }) => answerItems(requests, STREAM_CONCURRENCY, match, signal),

    verify: (request, { signal }) => verify(request, signal),
  }
  return rpcService(GalleryIndexDefinition, implementation)
}
