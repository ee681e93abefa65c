import { readMatFile } from './mat-file.js'
import { integerList, nameTable } from './mat-list.js'
import { readRequired } from './protocol-files.js'
import { type Origin, parsing } from './protocol-source.js'

/** A picture's file name, and whose it is. */
export interface LabelledName {
  readonly name: string
  readonly subject: string
}

/**
 * Reads a list of TinyFace or QMUL-SurvFace: variables `{set}_set`, a cell array of file names, and `{set}_ids`, as many integers.
 * @throws DomainError PROTOCOL_DATA_MISSING, PROTOCOL_DATA_INVALID
 */
export async function readLabelledNames(origin: Origin, file: string, set: string): Promise<LabelledName[]> {
  const bytes = await readRequired(origin, file)
  return parsing(origin, file, () => {
    const variables = readMatFile(bytes)
    const names = nameTable(variables, `${set}_set`, 1).flat()
    const ids = integerList(variables, `${set}_ids`)
    if (names.length !== ids.length) throw new Error(`it has ${names.length} names and ${ids.length} identities`)
    if (new Set(names).size !== names.length) throw new Error('it names a picture twice')
    return names.map((name, i) => ({ name, subject: String(ids[i]) }))
  })
}
