import { type Command, Option } from 'commander'
import type { EnrollResponse } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { ensureGallery, type GallerySettings, TEMPLATES } from '../ensure-gallery.js'
import { EXIT_CODE } from '../failure.js'
import { FACES } from '../option-values.js'
import { count } from '../output.js'
import { readPicture } from '../picture-file.js'
import { listPictures, type SubjectPicture } from '../picture-folder.js'
import { collectItems } from '../progress.js'
import { galleryName } from '../resource-names.js'
import { type ItemOutcome, streamItems } from '../stream-items.js'

interface EnrollOptions extends GallerySettings {
  readonly gallery: string
  readonly subject?: string
  readonly faces: 'largest' | 'whole'
}

/** Adds `crossres enroll`. */
export function addEnroll(program: Command, run: Run): void {
  program
    .command('enroll')
    .description('add people to a gallery; doing it again changes nothing')
    .requiredOption('--gallery <id>', 'the gallery, made where it is missing')
    .option('--subject <id>', 'who is on the pictures')
    .argument('<path...>', 'a folder of subject folders; with --subject pictures or folders of pictures')
    .addOption(
      new Option('--faces <which>', 'which face of each picture').choices(['largest', 'whole']).default('largest'),
    )
    .addOption(
      new Option('--template <policy>', 'of a new gallery: keep every face, or one mean of them').choices(
        Object.keys(TEMPLATES),
      ),
    )
    .option('--model <name>', 'of a new gallery: the model, or one of its versions')
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal, startProgress }, paths: string[], options: EnrollOptions) => {
        const pictures = await listPictures(paths, options.subject)
        const outcomes = await withClients(async (clients) => {
          await ensureGallery(clients, options.gallery, options, signal)
          const answers = streamItems(
            pictures,
            async ({ subject, file }) => ({
              gallery: galleryName(options.gallery),
              subjectId: subject,
              faces: [
                { input: { $case: 'image' as const, value: await readPicture(file) }, faces: FACES[options.faces] },
              ],
            }),
            (requests) => clients.galleryIndex.enrollStream(requests, { signal }),
          )
          return collectItems(startProgress('Enrolling', pictures.length), answers)
        })
        const summary = summarise(options.gallery, outcomes)
        output.result(summary, () => text(summary))
        for (const { file, reason, message } of summary.failed) output.note(`error: ${file}: ${message} (${reason})`)
        return summary.failed.length > 0 ? EXIT_CODE.failed : EXIT_CODE.ok
      }),
    )
}

function summarise(gallery: string, outcomes: readonly ItemOutcome<SubjectPicture, EnrollResponse>[]) {
  const subjects = new Set<string>()
  let enrolled = 0
  let alreadyPresent = 0
  const failed: { file: string; subject: string; status: string; reason: string; message: string }[] = []
  for (const outcome of outcomes) {
    if ('failure' in outcome) {
      const { status, reason, message } = outcome.failure
      failed.push({ ...outcome.item, status, reason, message })
      continue
    }
    subjects.add(outcome.item.subject)
    const result = outcome.response.outcomes[0]?.result
    if (result?.$case === 'enrolled' && result.value.alreadyPresent) alreadyPresent += 1
    else enrolled += 1
  }
  return { gallery, pictures: outcomes.length, subjects: subjects.size, enrolled, alreadyPresent, failed }
}

function text({ gallery, pictures, subjects, enrolled, alreadyPresent, failed }: ReturnType<typeof summarise>): string {
  const parts = [
    `${count(enrolled, 'face')} enrolled`,
    ...(alreadyPresent > 0 ? [`${alreadyPresent} there already`] : []),
    ...(failed.length > 0 ? [`${failed.length} left out`] : []),
  ]
  return `${gallery}: ${count(pictures, 'picture')} of ${count(subjects, 'subject')}: ${parts.join(', ')}.`
}

const HELP = `
Pictures that cannot be enrolled are left out, named on stderr, and make the exit code 1.

Examples:
  crossres enroll --gallery staff photos/                 photos/Ada/1.jpg, photos/Ada/2.jpg, photos/Bob/1.jpg ...
  crossres enroll --gallery staff --subject Ada ada.jpg
  crossres enroll --gallery chips --faces whole --template fused faces/`
