import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaceSelection } from '../../gen/crossres/v1/common.js'
import type { EnrollResponse, Subject } from '../../gen/crossres/v1/gallery_index.js'
import { encodeEmbedding, normalise } from '../../libs/models/embedding.js'
import { type Clients, createClients } from '../../libs/rpc/client.js'
import { samplePhotograph } from '../fixtures/sample-faces.js'
import { type ServerProcess, startServerProcess } from '../fixtures/server-process.js'

const KILLS = 5
const SUBJECTS = 2_000
const AT_ONCE = 16
const PROBES = 200
const PHOTOGRAPHS = 6
const GALLERY = 'galleries/killed'
const PHOTOGRAPHED = 'galleries/photographed'

let folder: string
let server: ServerProcess | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossres-server-kill-'))
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const idOf = (number: number) => `subject-${String(number).padStart(5, '0')}`

/** A unit vector that nobody else has, the same each time it is asked for. */
function vectorOf(number: number, face: number): Float32Array {
  const vector = new Float32Array(128)
  for (let block = 0; block < 4; block++) {
    const bytes = createHash('sha256').update(`${number}/${face}/${block}`).digest()
    for (let i = 0; i < 32; i++) vector[block * 32 + i] = (bytes[i] as number) - 127.5
  }
  return normalise(vector)
}

/** Every third subject has two faces. */
const faceCountOf = (number: number) => (number % 3 === 0 ? 2 : 1)

function facesOf(number: number, modelVersion: string) {
  return Array.from({ length: faceCountOf(number) }, (_, face) => ({
    input: { $case: 'embedding' as const, value: encodeEmbedding(vectorOf(number, face), modelVersion) },
  }))
}

/** A picture enrolled beside the embeddings, so that the whole path is at work when the server dies. */
async function enrolPhotograph({ galleryIndex }: Clients, number: number): Promise<EnrollResponse> {
  const value = await samplePhotograph(number)
  return galleryIndex.enroll({
    gallery: PHOTOGRAPHED,
    subjectId: idOf(number),
    faces: [
      {
        input: { $case: 'image', value: { source: { $case: 'content', value } } },
        faces: FaceSelection.LARGEST,
      },
    ],
    requestId: `photograph-${number}`,
    createGallery: true,
  })
}

async function listAll({ galleryIndex }: Clients, gallery: string): Promise<Subject[]> {
  const all: Subject[] = []
  let pageToken = ''
  do {
    const page = await galleryIndex.listSubjects({ gallery, pageSize: 300, pageToken })
    all.push(...page.subjects)
    pageToken = page.nextPageToken
  } while (pageToken)
  return all
}

describe('a server under kill -9', () => {
  it(`keeps every acknowledged subject exactly once, ${KILLS} times`, { timeout: 240_000 }, async () => {
    const acknowledged = new Map<number, string[]>()
    const photographed = new Set<number>()
    let modelVersion = ''

    /** Enrols what is not acknowledged yet, as a client that does not give up. @param until acknowledgements after which it is killed */
    const enrolUntil = async (running: ServerProcess, until: number | undefined) => {
      const clients = createClients({ address: running.address, deadlineMs: 20_000 })
      modelVersion = (await clients.embedder.getModel({})).model?.name ?? ''
      const limit = pLimit(AT_ONCE)
      const missing = Array.from({ length: SUBJECTS }, (_, number) => number).filter((n) => !acknowledged.has(n))
      const toPhotograph = Array.from({ length: PHOTOGRAPHS }, (_, i) => i + 1).filter((n) => !photographed.has(n))
      let dead = false
      const enrolOne = async (number: number) => {
        if (dead) return
        try {
          const answer = await clients.galleryIndex.enroll({
            gallery: GALLERY,
            subjectId: idOf(number),
            faces: facesOf(number, modelVersion),
            requestId: `enrol-${number}`,
            createGallery: true,
          })
          const ids = answer.outcomes.map(({ result }) => (result?.$case === 'enrolled' ? result.value.faceId : 'none'))
          acknowledged.set(number, ids)
          if (acknowledged.size === until) {
            // At any point of what the server is doing.
            await sleep(Math.random() * 40)
            dead = true
            running.child.kill('SIGKILL')
          }
        } catch (error) {
          if (!dead) throw error
        }
      }
      await Promise.all([
        ...missing.map((number) => limit(() => enrolOne(number))),
        ...toPhotograph.map((number) =>
          enrolPhotograph(clients, number).then(
            () => photographed.add(number),
            (error: unknown) => {
              if (!dead) throw error
            },
          ),
        ),
      ])
      clients.close()
    }

    /** Starts the server on what the last one left. @returns it, once nothing acknowledged is missing */
    const restart = async (): Promise<ServerProcess> => {
      server = await startServerProcess(folder)
      const clients = createClients({ address: server.address })
      const subjects = acknowledged.size > 0 ? await listAll(clients, GALLERY) : []
      const present = new Map(subjects.map(({ name, faceCount }) => [name, faceCount]))
      const lost = [...acknowledged.keys()].filter(
        (number) => present.get(`${GALLERY}/subjects/${idOf(number)}`) !== BigInt(faceCountOf(number)),
      )
      expect(lost).toEqual([])
      clients.close()
      return server
    }

    for (let kill = 0; kill < KILLS; kill++) {
      const running = await restart()
      const share = (SUBJECTS / (KILLS + 1)) * (kill + Math.random())
      await enrolUntil(running, Math.max(acknowledged.size + 1, Math.round(share)))
      expect(running.child.signalCode ?? (await ended(running))).toBe('SIGKILL')
    }
    const last = await restart()
    await enrolUntil(last, undefined)
    const clients = createClients({ address: last.address })
    expect(acknowledged.size).toBe(SUBJECTS)
    expect(photographed.size).toBe(PHOTOGRAPHS)

    const subjects = await listAll(clients, GALLERY)
    const expected = Array.from({ length: SUBJECTS }, (_, n) => `${GALLERY}/subjects/${idOf(n)} ${faceCountOf(n)}`)
    expect(subjects.map(({ name, faceCount }) => `${name} ${faceCount}`)).toEqual(expected)
    const { gallery } = await clients.galleryIndex.getGallery({ name: GALLERY })
    expect(gallery?.subjectCount).toBe(BigInt(SUBJECTS))
    expect(gallery?.faceCount).toBe(subjects.reduce((sum, { faceCount }) => sum + faceCount, 0n))
    const faceIds = [...acknowledged.values()].flat()
    expect(new Set(faceIds).size).toBe(Number(gallery?.faceCount))

    const photographs = await listAll(clients, PHOTOGRAPHED)
    expect(photographs.map(({ faceCount }) => faceCount)).toEqual(Array(PHOTOGRAPHS).fill(1n))

    // A repeated request answers what was answered before the server died.
    const [number, ids] = [...acknowledged][0] as [number, string[]]
    const repeated = await clients.galleryIndex.enroll({
      gallery: GALLERY,
      subjectId: idOf(number),
      faces: facesOf(number, modelVersion),
      requestId: `enrol-${number}`,
    })
    const again = repeated.outcomes.map(({ result }) => (result?.$case === 'enrolled' ? result.value.faceId : 'none'))
    expect(again).toEqual(ids)

    const limit = pLimit(AT_ONCE)
    const wrong = await Promise.all(
      Array.from({ length: PROBES }, () =>
        limit(async () => {
          const probed = Math.floor(Math.random() * SUBJECTS)
          const probe = facesOf(probed, modelVersion).slice(-1)
          const { candidates } = await clients.galleryIndex.match({ gallery: GALLERY, probe, maxCandidates: 2 })
          const [first] = candidates
          const found = first?.subject === `${GALLERY}/subjects/${idOf(probed)}` && first.score > 0.9999
          return found ? undefined : `${probed}: ${JSON.stringify(candidates)}`
        }),
      ),
    )
    expect(wrong.filter((line) => line !== undefined)).toEqual([])
    clients.close()
  })
})

function ended({ child }: ServerProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
}
