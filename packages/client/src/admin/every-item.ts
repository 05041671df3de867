/**
 * All items of a list, page after page.
 *
 *     for await (const client of everyItem((after) => admin.listClients(workspace, { after }))) …
 */
export async function* everyItem<T>(
  page: (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined
  do {
    const { items, next } = await page(after)
    yield* items
    after = next
  } while (after !== undefined)
}
