import { type Command, Option } from 'commander'
import type { FaceInfo } from '../../../gen/crossres/v1/common.js'
import type { EmbeddedFace, EmbedResponse } from '../../../gen/crossres/v1/embedder.js'
import { decodeEmbedding } from '../../../libs/models/embedding.js'
import type { Run } from '../context.js'
import { type CliFailure, EXIT_CODE } from '../failure.js'
import { FACES, integer } from '../option-values.js'
import { table } from '../output.js'
import { readPicture } from '../picture-file.js'
import { collectItems } from '../progress.js'
import { modelName } from '../resource-names.js'
import { type ItemOutcome, streamItems } from '../stream-items.js'

interface EmbedOptions {
  readonly faces: keyof typeof FACES
  readonly model?: string
  readonly trueResolution?: number
}

/** Adds `crossres embed`. */
export function addEmbed(program: Command, run: Run): void {
  program
    .command('embed')
    .description('turn the faces of pictures into embeddings')
    .argument('<file...>', 'pictures: JPEG, PNG, WebP, GIF, TIFF or AVIF')
    .addOption(new Option('--faces <which>', 'which faces').choices(Object.keys(FACES)).default('largest'))
    .option('--model <name>', 'a model, or one of its versions')
    .option('--true-resolution <pixels>', 'what the faces really have where the pictures were enlarged', integer(1))
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal, startProgress }, files: string[], options: EmbedOptions) => {
        const outcomes = await withClients(async ({ embedder }) => {
          const answers = streamItems(
            files,
            async (file) => ({
              image: await readPicture(file),
              model: modelName(options.model),
              faces: FACES[options.faces],
              trueResolution: options.trueResolution ?? 0,
            }),
            (requests) => embedder.embedStream(requests, { signal }),
          )
          return collectItems(startProgress('Embedding', files.length), answers)
        })
        output.result(document(outcomes), () => text(outcomes))
        const failed = outcomes.filter((outcome) => 'failure' in outcome)
        for (const { item, failure } of failed as { item: string; failure: CliFailure }[]) {
          output.note(`error: ${item}: ${failure.message} (${failure.reason})`)
        }
        return failed.length > 0 ? EXIT_CODE.failed : EXIT_CODE.ok
      }),
    )
}

function document(outcomes: readonly ItemOutcome<string, EmbedResponse>[]) {
  const versions = outcomes.flatMap((outcome) => ('response' in outcome ? [outcome.response.modelVersion] : []))
  return {
    model: versions[0] ?? null,
    results: outcomes.map((outcome) => {
      if ('failure' in outcome) {
        const { status, reason, message } = outcome.failure
        return { file: outcome.item, error: { status, reason, message } }
      }
      const { imageWidth: width, imageHeight: height, faces } = outcome.response
      return { file: outcome.item, width, height, faces: faces.map(faceDocument) }
    }),
  }
}

function faceDocument({ embedding, face, networkVersion }: EmbeddedFace) {
  const region = face?.region
  return {
    box: region?.box ?? null,
    landmarks: region?.landmarks ?? [],
    score: region?.detectionScore ?? 0,
    resolution: face?.faceResolution ?? 0,
    resolutionStated: face?.resolutionStated ?? false,
    pictureResolution: face?.pictureResolution ?? 0,
    // 0 stands for no estimate.
    effectiveResolution: face?.effectiveResolution || null,
    networkVersion,
    // A float32 widened to a double prints with every digit it has.
    embedding: embedding ? [...decodeEmbedding(embedding)] : [],
  }
}

function text(outcomes: readonly ItemOutcome<string, EmbedResponse>[]): string {
  const rows = outcomes.flatMap((outcome) => {
    if ('failure' in outcome) return [[outcome.item, '', outcome.failure.reason, '', '', '']]
    const { faces, imageWidth, imageHeight } = outcome.response
    const size = `${imageWidth} x ${imageHeight}`
    if (faces.length === 0) return [[outcome.item, size, 'no face', '', '', '']]
    return faces.map(({ face, embedding }) => {
      const box = face?.region?.box
      const place = box ? [box.x, box.y, box.width, box.height].map(Math.round).join(', ') : ''
      return [
        outcome.item,
        size,
        place,
        face?.region?.detectionScore ? face.region.detectionScore.toFixed(2) : '',
        resolutionText(face),
        `${embedding?.dimension ?? 0}`,
      ]
    })
  })
  const faces = outcomes.flatMap((outcome) => ('failure' in outcome ? [] : outcome.response.faces))
  return [
    table(['File', 'Size', 'Box (x, y, w, h)', 'Score', 'Resolution', 'Numbers'], rows),
    ...(faces.some(({ face }) => isReduced(face) && !face?.resolutionStated) ? [REDUCED] : []),
  ].join('\n')
}

/** Whether a face is taken for smaller than its picture. */
const isReduced = (face: FaceInfo | undefined) => (face?.faceResolution ?? 0) < (face?.pictureResolution ?? 0)

function resolutionText(face: FaceInfo | undefined): string {
  const { faceResolution = 0, pictureResolution = 0, resolutionStated = false } = face ?? {}
  if (!isReduced(face)) return `${faceResolution} px`
  return `${faceResolution} of ${pictureResolution} px${resolutionStated ? ' (stated)' : ''}`
}

const REDUCED =
  '"15 of 200 px": the picture has 200 and the face shows detail of 15, so it was enlarged or blurred; 15 is what networks and thresholds are chosen by.'

const HELP = `
Examples:
  crossres embed portrait.jpg --json
  crossres embed group.jpg --faces all
  crossres embed camera/*.png --faces whole --true-resolution 12`
