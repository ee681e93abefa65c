import type { Command } from 'commander'
import { JobState } from '../../../gen/crossres/v1/common.js'
import type { Gallery, Reembedding } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { jobStateName, templatePolicyName } from '../enum-names.js'
import { count, table } from '../output.js'
import { allPages } from '../pages.js'
import { galleryName, lastSegment } from '../resource-names.js'

/** Adds `crossres galleries`. */
export function addGalleries(program: Command, run: Run): void {
  const galleries = program
    .command('galleries')
    .description('list, show and delete galleries')
    .addHelpText('after', HELP)

  galleries
    .command('list', { isDefault: true })
    .description('list all galleries')
    .action(
      run(async ({ withClients, output, signal }) => {
        const all = await withClients(({ galleryIndex }) =>
          allPages(async (page) => {
            const { galleries: items, nextPageToken } = await galleryIndex.listGalleries(page, { signal })
            return { items, nextPageToken }
          }),
        )
        output.result({ galleries: all.map(galleryDocument) }, () => text(all))
      }),
    )

  galleries
    .command('get')
    .description('show one gallery, and how it follows a promotion of its model')
    .argument('<id>', 'the gallery')
    .action(
      run(async ({ withClients, output, signal }, id: string) => {
        const { gallery } = await withClients(({ galleryIndex }) =>
          galleryIndex.getGallery({ name: galleryName(id) }, { signal }),
        )
        if (!gallery) throw new Error('The gallery index answered no gallery.')
        output.result(galleryDocument(gallery), () => text([gallery]))
      }),
    )

  galleries
    .command('delete')
    .description('delete a gallery with every template and picture in it')
    .argument('<id>', 'the gallery')
    .option('--force', 'also where it still has subjects')
    .action(
      run(async ({ withClients, output, signal }, id: string, options: { force?: true }) => {
        const { deletedSubjects, deletedFaces } = await withClients(({ galleryIndex }) =>
          galleryIndex.deleteGallery({ name: galleryName(id), force: options.force ?? false }, { signal }),
        )
        output.result(
          { deleted: id, subjects: deletedSubjects, faces: deletedFaces },
          () => `Deleted ${id} with ${count(deletedSubjects, 'subject')} and ${count(deletedFaces, 'face')}.`,
        )
      }),
    )
}

function galleryDocument(gallery: Gallery) {
  return {
    id: lastSegment(gallery.name),
    model: gallery.model,
    modelVersion: gallery.modelVersion,
    templatePolicy: templatePolicyName(gallery.templatePolicy),
    subjects: gallery.subjectCount,
    faces: gallery.faceCount,
    createTime: gallery.createTime?.toISOString() ?? null,
    reembedding: gallery.reembedding ? reembeddingDocument(gallery.reembedding) : null,
  }
}

function reembeddingDocument({ error, ...work }: Reembedding) {
  return {
    targetVersion: work.targetVersion,
    state: jobStateName(work.state),
    total: work.total,
    done: work.done,
    failed: work.failed,
    error: error ? { reason: error.reason, message: error.message } : null,
    createTime: work.createTime?.toISOString() ?? null,
    endTime: work.endTime?.toISOString() ?? null,
  }
}

function text(galleries: readonly Gallery[]): string {
  if (galleries.length === 0) return 'There are no galleries yet: `crossres enroll --gallery NAME FOLDER` makes one.'
  const rows = table(
    ['Gallery', 'Subjects', 'Faces', 'Templates', 'Model'],
    galleries.map((gallery) => [
      lastSegment(gallery.name),
      String(gallery.subjectCount),
      String(gallery.faceCount),
      templatePolicyName(gallery.templatePolicy).toLowerCase(),
      gallery.modelVersion || gallery.model,
    ]),
  )
  const remarks = galleries.flatMap(({ name, reembedding }) =>
    reembedding ? (reembeddingText(lastSegment(name), reembedding) ?? []) : [],
  )
  return [rows, ...remarks].join('\n')
}

/** What people should know of a gallery that follows its model; nothing where it has done so in full. */
function reembeddingText(gallery: string, work: Reembedding): string | undefined {
  const { targetVersion, state, total, done, failed, error } = work
  const unable = failed > 0n ? `, ${count(failed, 'face')} cannot be embedded` : ''
  if (state === JobState.FAILED) return `${gallery} cannot follow ${targetVersion}. ${error?.message ?? ''}`.trimEnd()
  if (state === JobState.SUCCEEDED) {
    return failed > 0n
      ? `${gallery}: ${targetVersion} cannot embed ${count(failed, 'face')}, of subjects with others.`
      : undefined
  }
  return `${gallery} is being embedded by ${targetVersion}: ${done} of ${count(total, 'face')}${unable}.`
}

const HELP = `
Examples:
  crossres galleries
  crossres galleries get staff
  crossres galleries delete staff --force`
