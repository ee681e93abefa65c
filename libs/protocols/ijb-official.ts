import { join } from 'node:path'
import { readIjbCsv } from './ijb-csv.js'
import { gatherTemplates, type IjbTemplates, type TemplateList } from './ijb-templates.js'

/**
 * The templates of IJB's own metadata files. Faces of one sighting are one medium: the frames of a video, or a still by itself.
 *
 * @param files of both galleries and the probes
 * @param root where their FILENAMEs begin
 * @param parsing wraps what is thrown for a file
 * @returns the templates, and which of them each file names
 * @throws Error of `parsing`
 */
export async function readOfficialTemplates(
  files: readonly string[],
  root: string,
  parsing: (file: string, read: () => Promise<void>) => Promise<void>,
): Promise<{ data: IjbTemplates; lists: TemplateList[] }> {
  const gathered = gatherTemplates()
  const lists: TemplateList[] = []
  for (const file of files) {
    const list = new Map<number, string>()
    lists.push(list)
    await parsing(file, async () => {
      for await (const row of readIjbCsv(file)) {
        const { template, subject, file: path, sighting: medium, box } = row
        if (!path || !medium) throw new Error(`a row of template ${template} has no FILENAME or no SIGHTING_ID`)
        list.set(template, subject)
        gathered.add({
          template,
          subject,
          image: { id: `${path}#${medium}`, file: join(root, path), subject, medium, ...(box && { face: { box } }) },
        })
      }
    })
  }
  return { data: gathered.done(), lists }
}
