import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceSelection, type Image } from '../../../gen/crossres/v1/common.js'
import { decodeEmbedding } from '../../../libs/models/embedding.js'
import type { Clients } from '../../../libs/rpc/client.js'
import type { CommandContext } from '../context.js'
import { UsageError } from '../failure.js'
import { score, table } from '../output.js'
import { readPicture } from '../picture-file.js'
import { collectItems } from '../progress.js'
import { streamItems } from '../stream-items.js'

/** How alike two models' embeddings of the same faces are at one resolution. */
export interface EmbeddingComparison {
  /** Shortest side in pixels that the faces were brought down to; 0: as they are. */
  readonly resolution: number
  readonly faces: number
  /** Cosines. */
  readonly mean: number
  readonly least: number
}

const RESOLUTIONS = [0, 24, 8] as const

interface Item {
  readonly file: string
  readonly resolution: number
  readonly model: string
}

/**
 * Embeds face crops with two models, as they are and degraded, and compares.
 * @param folder of face crops, framed as the models want them
 * @throws UsageError where it holds none, or the models' embeddings have different lengths
 */
export async function compareEmbeddings(
  { withClients, startProgress, signal }: CommandContext,
  folder: string,
  a: string,
  b: string,
): Promise<EmbeddingComparison[]> {
  const files = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort()
  if (files.length === 0) throw new UsageError(`${folder} holds no pictures.`)
  const items = files.flatMap((file) =>
    RESOLUTIONS.flatMap((resolution) => [a, b].map((model): Item => ({ file, resolution, model }))),
  )
  const outcomes = await withClients(({ embedder, downsampler }) =>
    collectItems(
      startProgress('Comparing', items.length),
      streamItems(
        items,
        async ({ file, resolution, model }) => ({
          image: await degraded(downsampler, await readPicture(file), resolution, signal),
          model,
          faces: FaceSelection.WHOLE_IMAGE,
          trueResolution: resolution,
        }),
        (requests) => embedder.embedStream(requests, { signal }),
      ),
    ),
  )
  const cosines = new Map<number, number[]>(RESOLUTIONS.map((resolution) => [resolution, []]))
  for (let i = 0; i < outcomes.length; i += 2) {
    const [one, other] = outcomes.slice(i, i + 2).map((outcome) => {
      if ('failure' in outcome) throw new UsageError(`${outcome.item.file}: ${outcome.failure.message}`)
      const embedding = outcome.response.faces[0]?.embedding
      if (!embedding) throw new Error('The embedder answered no embedding.')
      return decodeEmbedding(embedding)
    }) as [Float32Array, Float32Array]
    cosines.get((items[i] as Item).resolution)?.push(cosine(one, other))
  }
  return [...cosines].map(([resolution, values]) => ({
    resolution,
    faces: values.length,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    least: Math.min(...values),
  }))
}

/** @returns the comparison as a table */
export function embeddingText(comparisons: readonly EmbeddingComparison[]): string {
  return table(
    ['Embeddings at', 'Faces', 'Mean cosine', 'Least'],
    comparisons.map(({ resolution, faces, mean, least }) => [
      resolution === 0 ? 'full size' : `${resolution} px`,
      faces,
      score(mean),
      score(least),
    ]),
  )
}

async function degraded(
  downsampler: Clients['downsampler'],
  image: Image,
  resolution: number,
  signal: AbortSignal,
): Promise<Image> {
  if (resolution === 0) return image
  const { variants } = await downsampler.downsample({ image, resolutions: [resolution] }, { signal })
  const png = variants[0]?.png
  if (!png) throw new Error('The downsampler answered no variant.')
  return { source: { $case: 'content', value: png } }
}

/** Of two vectors of length one. */
function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new UsageError(`Embeddings of ${a.length} and of ${b.length} numbers do not compare: leave out --faces.`)
  }
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}
