import { join } from 'node:path'
import { parseCommunityTemplates, subjectsOfPairs } from './ijb-community.js'
import { readIjbCsv } from './ijb-csv.js'
import { readOfficialTemplates } from './ijb-official.js'
import type { IjbTemplates, TemplateList } from './ijb-templates.js'
import { type IntegerRows, readIntegerRows } from './integer-rows.js'
import type { IdentificationProtocol, Protocol, TemplatePairs } from './protocol.js'
import { firstExisting, readRequired, requirePath, requirePictures } from './protocol-files.js'
import { dataInvalid, type Origin, type ProtocolSource, parsing, parsingAsync } from './protocol-source.js'

/** What differs between IJB-B and IJB-C. */
interface Benchmark {
  readonly name: 'ijbb' | 'ijbc'
  readonly title: string
  /** Names of the two galleries. */
  readonly galleries: readonly [string, string]
}

/**
 * IJB-B: 1:1 and 1:N with the galleries S1 and S2.
 * Source: C. Whitelam et al., "IARPA Janus Benchmark-B Face Dataset", CVPR workshops 2017.
 */
export const ijbb = createIjb({ name: 'ijbb', title: 'IJB-B', galleries: ['S1', 'S2'] })

/**
 * IJB-C: 1:1 and 1:N with the galleries G1 and G2.
 * Source: B. Maze et al., "IARPA Janus Benchmark - C: Face Dataset and Protocol", ICB 2018.
 */
export const ijbc = createIjb({ name: 'ijbc', title: 'IJB-C', galleries: ['G1', 'G2'] })

/**
 * Reads the official files, or the community's meta files where they are there: those bring five points for every face, on loose crops.
 * Without the lists of the galleries beside them the meta files give the 1:1 protocol alone.
 */
function createIjb({ name, title, galleries }: Benchmark): ProtocolSource {
  const lists = [...galleries.map((gallery) => `${name}_1N_gallery_${gallery}.csv`), `${name}_1N_probe_mixed.csv`]
  const matches = `${name}_11_${galleries.join('_')}_matches.csv`
  const meta = (suffix: string) => `${name}_${suffix}.txt`
  const origin: Origin = {
    title,
    distribution: 'NIST distributes it to those it approves: https://www.nist.gov/programs-projects/face-challenges.',
    layout:
      `its own release (images, and protocols with ${[...lists, matches].join(', ')}) or the community's meta files ` +
      `(loose_crop, and meta with ${['face_tid_mid', 'name_5pts_score', 'template_pair_label'].map(meta).join(', ')})`,
  }

  return {
    ...origin,
    name,
    async open({ folder }) {
      const base = (await firstExisting(folder, [name.toUpperCase(), title, name])) ?? folder
      const media = await firstExisting(base, [join('meta', meta('face_tid_mid')), meta('face_tid_mid')])
      return media === undefined ? openOfficial(base) : openCommunity(base, media)
    },
  }

  async function openOfficial(base: string): Promise<Protocol[]> {
    const protocols = await requirePath(origin, base, [
      join('protocols', lists[2] as string),
      join('protocol', lists[2] as string),
      lists[2] as string,
    ])
    const folder = join(protocols, '..')
    const files = await Promise.all(lists.map((list) => requirePath(origin, folder, [list])))
    const pairsFile = await requirePath(origin, folder, [matches])
    const root = (await firstExisting(base, ['images'])) ?? base
    const { data, lists: read } = await readOfficialTemplates(files, root, (file, read) =>
      parsingAsync(origin, file, read),
    )
    await requirePictures(origin, root, pathsOf(data))
    const rows = await parsingAsync(origin, pairsFile, () => readIntegerRows(pairsFile, 2))
    return assemble(data, pairsFile, rows, read)
  }

  async function openCommunity(base: string, media: string): Promise<Protocol[]> {
    const folder = join(media, '..')
    const pairsFile = await requirePath(origin, folder, [meta('template_pair_label')])
    const rows = await parsingAsync(origin, pairsFile, () => readIntegerRows(pairsFile, 3))
    const files = await Promise.all(lists.map((list) => firstExisting(folder, [list])))
    const found = files.filter((file) => file !== undefined)
    const read = found.length === lists.length ? await readLists(found) : undefined
    const subjects = read ? new Map(read.flatMap((list) => [...list])) : subjectsOfPairs(rows)

    const root = await requirePath(origin, base, ['loose_crop'])
    const texts = [await readRequired(origin, media), await readRequired(origin, join(folder, meta('name_5pts_score')))]
    const [mediaText = '', pointsText = ''] = texts.map((text) => text.toString('utf8'))
    const data = parsing(origin, media, () =>
      parseCommunityTemplates(mediaText, pointsText, root, (template) => subjects.get(template) ?? null),
    )
    await requirePictures(origin, root, pathsOf(data))
    return assemble(data, pairsFile, rows, read)
  }

  /** The templates of each list with their subjects, in its order. */
  function readLists(files: readonly string[]): Promise<TemplateList[]> {
    return Promise.all(
      files.map((file) =>
        parsingAsync(origin, file, async () => {
          const list = new Map<number, string>()
          for await (const { template, subject } of readIjbCsv(file)) list.set(template, subject)
          return list
        }),
      ),
    )
  }

  function assemble(
    data: IjbTemplates,
    pairsFile: string,
    rows: IntegerRows,
    read?: readonly TemplateList[],
  ): Protocol[] {
    const pairs = parsing(origin, pairsFile, () => pairsOf(data, rows))
    const { images, templates } = data
    const verification: Protocol = { kind: 'verification', name: `${name}-verification`, images, templates, pairs }
    return read ? [verification, identification(data, read)] : [verification]
  }

  function identification(data: IjbTemplates, read: readonly TemplateList[]): IdentificationProtocol {
    const [first, second, probes] = read.map((list, i) => {
      const unknown = [...list.keys()].find((template) => !data.indexOf.has(template))
      if (unknown !== undefined) throw dataInvalid(origin, lists[i] as string, `template ${unknown} has no pictures`)
      return Uint32Array.from(list.keys(), (template) => data.indexOf.get(template) as number)
    }) as [Uint32Array, Uint32Array, Uint32Array]
    return {
      kind: 'identification',
      name: `${name}-identification`,
      images: data.images,
      templates: data.templates,
      galleries: [
        { name: galleries[0], templates: first },
        { name: galleries[1], templates: second },
      ],
      probes,
    }
  }
}

/** Paths of the pictures, each once. */
const pathsOf = ({ images }: IjbTemplates): Set<string> => new Set(images.map(({ id }) => id.replace(/#[^#]*$/, '')))

/** @param rows of two template numbers and, in the community's, whether they are mated; else their subjects say so */
function pairsOf({ templates, indexOf }: IjbTemplates, { rows, columns, data }: IntegerRows): TemplatePairs {
  const pairs = {
    reference: new Uint32Array(rows),
    probe: new Uint32Array(rows),
    mated: new Uint8Array(rows),
    fold: new Uint8Array(rows),
    folds: 1,
  }
  const index = (row: number, column: number): number => {
    const template = data[row * columns + column] as number
    const found = indexOf.get(template)
    if (found === undefined) throw new Error(`line ${row + 1}: template ${template} has no pictures`)
    return found
  }
  for (let row = 0; row < rows; row++) {
    const [reference, probe] = [index(row, 0), index(row, 1)]
    const label =
      columns > 2 ? data[row * columns + 2] : Number(templates[reference]?.subject === templates[probe]?.subject)
    if (label !== 0 && label !== 1) throw new Error(`line ${row + 1}: the label is ${label} where 0 or 1 is expected`)
    pairs.reference[row] = reference
    pairs.probe[row] = probe
    pairs.mated[row] = label
  }
  return pairs
}
