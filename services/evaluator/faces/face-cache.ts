import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { once } from '../../../libs/config/once.js'
import type { LocatedFace } from './locate-task.js'

/** Faces that were found before, kept on disk. */
export interface FaceCache {
  get(key: string): LocatedFace | undefined
  put(key: string, face: LocatedFace): Promise<void>
  close(): Promise<void>
}

const SUFFIX = '.jsonl'
const Point = z.object({ x: z.number(), y: z.number() })
const EntrySchema = z.object({
  key: z.string(),
  located: z.union([
    z.object({
      face: z.object({
        box: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
        landmarks: z.array(Point),
      }),
    }),
    z.object({ reason: z.string() }),
  ]),
})

/** Opens a folder of found faces, made when missing. As in a feature cache every process adds to a file of its own. */
export async function openFaceCache(folder: string): Promise<FaceCache> {
  await mkdir(folder, { recursive: true })
  const faces = new Map<string, LocatedFace>()
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(SUFFIX))) {
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      const entry = parseLine(line)
      if (entry) faces.set(entry.key, entry.located)
    }
  }
  const segment = once(() => open(join(folder, `${randomUUID()}${SUFFIX}`), 'ax'))
  return {
    get: (key) => faces.get(key),
    async put(key, located) {
      await (await segment.get()).appendFile(`${JSON.stringify({ key, located })}\n`)
    },
    async close() {
      await (await segment.made())?.close()
    },
  }
}

/** @returns undefined for what a killed process left half-written */
function parseLine(line: string): z.infer<typeof EntrySchema> | undefined {
  try {
    return EntrySchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
