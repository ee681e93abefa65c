/** Two pictures to compare; paths below LFW's image folder. */
export interface LfwPair {
  readonly reference: string
  readonly probe: string
  readonly mated: boolean
}

/**
 * Reads LFW's `pairs.txt`: a line "10 300", then for each fold 300 mated lines `name n1 n2` and 300 non-mated lines
 * `name1 n1 name2 n2`.
 * @returns the folds
 * @throws Error with the line that does not fit
 */
export function parseLfwPairs(text: string): LfwPair[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const [folds = 0, size = 0] = (lines[0] ?? '').trim().split(/\s+/).map(Number)
  if (!(folds > 0 && size > 0)) throw invalid(1, 'the first line must be "FOLDS PAIRS", as in "10 300"')
  if (lines.length !== 1 + folds * size * 2) {
    throw invalid(lines.length, `${1 + folds * size * 2} lines are announced and ${lines.length} are there`)
  }
  return Array.from({ length: folds }, (_, fold) =>
    Array.from({ length: size * 2 }, (_, index) => {
      const number = 1 + fold * size * 2 + index
      return parseLine(lines[number] as string, number + 1, index < size)
    }),
  )
}

function parseLine(line: string, number: number, mated: boolean): LfwPair {
  const [a = '', b = '', c = '', d = '', ...more] =
    line.split('\t').length > 1 ? line.split('\t') : line.trim().split(/\s+/)
  const fits = more.length === 0 && (mated ? d === '' && c !== '' : d !== '')
  if (!fits) throw invalid(number, mated ? 'expected "name n1 n2"' : 'expected "name1 n1 name2 n2"')
  return mated
    ? { reference: imagePath(a, b, number), probe: imagePath(a, c, number), mated }
    : { reference: imagePath(a, b, number), probe: imagePath(c, d, number), mated }
}

function imagePath(name: string, index: string, line: number): string {
  if (!/^\d+$/.test(index)) throw invalid(line, `${JSON.stringify(index)} is no picture number`)
  return `${name}/${name}_${index.padStart(4, '0')}.jpg`
}

function invalid(line: number, problem: string): Error {
  return new Error(`line ${line}: ${problem}`)
}
