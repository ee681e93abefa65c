/** Takes the wanted cells of a row as the file holds them. */
export type OnCells = (cells: readonly unknown[], place: () => string) => void
