import type { Command } from 'commander'
import type { Subject } from '../../../gen/crossres/v1/gallery_index.js'
import type { Run } from '../context.js'
import { count, table } from '../output.js'
import { allPages } from '../pages.js'
import { galleryName, lastSegment, subjectName } from '../resource-names.js'

/** Adds `crossres subjects`. */
export function addSubjects(program: Command, run: Run): void {
  const subjects = program
    .command('subjects')
    .description('list, show and delete the subjects of a gallery')
    .requiredOption('--gallery <id>', 'the gallery')
    .addHelpText('after', HELP)
  const gallery = () => subjects.opts<{ gallery: string }>().gallery

  subjects
    .command('list', { isDefault: true })
    .description('list all subjects')
    .action(
      run(async ({ withClients, output, signal }) => {
        const all = await withClients(({ galleryIndex }) =>
          allPages(async (page) => {
            const request = { ...page, gallery: galleryName(gallery()) }
            const { subjects: items, nextPageToken } = await galleryIndex.listSubjects(request, { signal })
            return { items, nextPageToken }
          }),
        )
        output.result({ gallery: gallery(), subjects: all.map(subjectDocument) }, () => text(all))
      }),
    )

  subjects
    .command('show')
    .description('show one subject')
    .argument('<id>', 'the subject')
    .action(
      run(async ({ withClients, output, signal }, id: string) => {
        const { subject } = await withClients(({ galleryIndex }) =>
          galleryIndex.getSubject({ name: subjectName(gallery(), id) }, { signal }),
        )
        if (!subject) throw new Error('The gallery index answered no subject.')
        output.result(subjectDocument(subject), () => text([subject]))
      }),
    )

  subjects
    .command('delete')
    .description('delete a subject with all templates')
    .argument('<id>', 'the subject')
    .action(
      run(async ({ withClients, output, signal }, id: string) => {
        const { deletedFaces } = await withClients(({ galleryIndex }) =>
          galleryIndex.deleteSubject({ name: subjectName(gallery(), id) }, { signal }),
        )
        output.result({ deleted: id, faces: deletedFaces }, () => `Deleted ${id} with ${count(deletedFaces, 'face')}.`)
      }),
    )
}

function subjectDocument(subject: Subject) {
  return {
    id: lastSegment(subject.name),
    displayName: subject.displayName,
    labels: subject.labels,
    faces: subject.faceCount,
    createTime: subject.createTime?.toISOString() ?? null,
    updateTime: subject.updateTime?.toISOString() ?? null,
  }
}

function text(subjects: readonly Subject[]): string {
  if (subjects.length === 0) return 'The gallery has no subjects.'
  return table(
    ['Subject', 'Faces', 'Last change'],
    subjects.map((subject) => [
      lastSegment(subject.name),
      String(subject.faceCount),
      subject.updateTime?.toISOString().slice(0, 16).replace('T', ' ') ?? '',
    ]),
  )
}

const HELP = `
Examples:
  crossres subjects --gallery staff
  crossres subjects --gallery staff show "Ada Lovelace"
  crossres subjects --gallery staff delete "Ada Lovelace"`
