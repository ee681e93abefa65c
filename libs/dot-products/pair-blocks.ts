/** Pairs `from` to `to`, and the distinct rows of the left matrix among them. */
export interface PairBlock {
  readonly rows: Uint32Array
  readonly from: number
  readonly to: number
}

/**
 * Parts pairs that follow each other into blocks.
 * @param lefts for each pair its row of the left matrix
 * @param rowCount rows of that matrix
 * @param most rows of a block
 */
export function pairBlocks(lefts: Uint32Array, rowCount: number, most: number): PairBlock[] {
  const blocks: PairBlock[] = []
  const lastBlockOf = new Int32Array(rowCount).fill(-1)
  let rows: number[] = []
  let [from, last] = [0, -1]
  const end = (to: number) => {
    if (to > from) blocks.push({ rows: Uint32Array.from(rows), from, to })
    rows = []
    from = to
  }
  for (let i = 0; i < lefts.length; i++) {
    const row = lefts[i] as number
    // Nearly always.
    if (row === last) continue
    last = row
    if (lastBlockOf[row] === blocks.length) continue
    if (rows.length === most) end(i)
    lastBlockOf[row] = blocks.length
    rows.push(row)
  }
  end(lefts.length)
  return blocks
}

/**
 * Says where the products of a block's pairs are among those of its rows with all rows of the right matrix.
 * @param width products of a row
 * @param places takes them, counted row by row
 */
export function placePairs(
  { rows, from }: PairBlock,
  { lefts, rights }: { readonly lefts: Uint32Array; readonly rights: Uint32Array },
  width: number,
  places: Float32Array,
): void {
  const startOf = new Map(Array.from(rows, (row, place) => [row, place * width]))
  let last = -1
  let start = 0
  for (let i = 0; i < places.length; i++) {
    const left = lefts[from + i] as number
    if (left !== last) start = startOf.get(left) as number
    last = left
    places[i] = start + (rights[from + i] as number)
  }
}
