// A process that enrols faces until it is killed: node enrol-child.js FOLDER FIRST COUNT. It prints the number of each face that was
// acknowledged, after it was.
import { writeSync } from 'node:fs'
import { createExactSearch } from '../../libs/vectors/exact.js'
import { createGalleries } from '../../services/gallery-index/gallery.js'
import { createGalleryStore } from '../../services/gallery-index/store/gallery-store.js'
import { embeddingOf, GALLERY, MODEL, subjectOf } from './enrol-face.js'

const SIDE_BY_SIDE = 6

const [folder = '', first = '0', count = '0'] = process.argv.slice(2)
const store = createGalleryStore({ folder })
const search = createExactSearch({ threads: 1 })
const galleries = createGalleries({ store, createIndex: search.createIndex })
await store.createGallery({ id: GALLERY }).catch(() => undefined)

let next = Number(first)
const end = next + Number(count)

async function enrolOneByOne(): Promise<void> {
  while (next < end) {
    const face = next++
    await galleries.enrol({
      galleryId: GALLERY,
      subjectId: subjectOf(face),
      modelVersion: MODEL,
      // No source: only the request id keeps a repeated call from doubling the face.
      faces: [{ embedding: embeddingOf(face), faceResolution: face, detectionScore: 1, source: '' }],
      request: { id: `face-${face}` },
    })
    // Not console.log: what it has buffered dies with the process.
    writeSync(1, `${face}\n`)
  }
}

await Promise.all(Array.from({ length: SIDE_BY_SIDE }, enrolOneByOne))
await galleries.close()
await search.close()
await store.close()
