const PAGE_SIZE = 1_000

/** @returns every item of a paged list */
export async function allPages<Item>(
  fetch: (request: {
    pageSize: number
    pageToken: string
  }) => Promise<{ items: readonly Item[]; nextPageToken: string }>,
): Promise<Item[]> {
  const all: Item[] = []
  let pageToken = ''
  do {
    const page = await fetch({ pageSize: PAGE_SIZE, pageToken })
    all.push(...page.items)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return all
}
