/** A request to the API behind the gateway, wherever it was read from. */
export type OriginalRequest = {
  readonly method: string
  /** As the caller sent it, with the query. */
  readonly target: string
  /** As the caller sent it, with or without a port; undefined when the gateway does not tell. */
  readonly host: string | undefined
  /** Names of its headers, in lower case. */
  readonly headerNames: readonly string[]
  /** Every line of a header, by its name in lower case. */
  readonly header: (name: string) => readonly string[]
}
