import type { Databases, StoredFace } from './databases.js'

/** A face of layout 1. */
type FaceWithEmbedding = StoredFace & { readonly embedding?: Uint8Array }

/** Brings galleries of layout 1, whose faces held their one embedding, to layout 2. Inside a transaction. */
export function moveEmbeddings({ galleries, faces, embeddings }: Databases): void {
  for (const { key, value } of [...galleries.getRange()]) {
    const sets = { generation: 0, lastGeneration: 0, staleSets: [], reembedding: null }
    galleries.putSync(key, { ...value, ...sets })
  }
  // Keys first: what a range gives out must not change under it.
  for (const key of [...faces.getKeys()]) {
    const { embedding, ...face } = faces.get(key) as FaceWithEmbedding
    if (!embedding) continue
    const [gallery, subject, faceKey] = key
    embeddings.putSync([gallery, 0, subject, faceKey], embedding)
    faces.putSync(key, face)
  }
}
