import type { Command } from 'commander'
import type { Gallery } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { templatePolicyName } from '../enum-names.js'
import { count, table } from '../output.js'
import { allPages } from '../pages.js'
import { galleryName, lastSegment } from '../resource-names.js'

/** Adds `crossres galleries`. */
export function addGalleries(program: Command, run: Run): void {
  const galleries = program.command('galleries').description('list and delete galleries').addHelpText('after', HELP)

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
    .command('delete')
    .description('delete a gallery with every template in it')
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
  }
}

function text(galleries: readonly Gallery[]): string {
  if (galleries.length === 0) return 'There are no galleries yet: `crossres enroll --gallery NAME FOLDER` makes one.'
  return table(
    ['Gallery', 'Subjects', 'Faces', 'Templates', 'Model'],
    galleries.map((gallery) => [
      lastSegment(gallery.name),
      String(gallery.subjectCount),
      String(gallery.faceCount),
      templatePolicyName(gallery.templatePolicy).toLowerCase(),
      gallery.modelVersion || gallery.model,
    ]),
  )
}

const HELP = `
Examples:
  crossres galleries
  crossres galleries delete staff --force`
