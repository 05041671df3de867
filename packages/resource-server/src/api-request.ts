/** What matters of a request to an API, whatever framework it came through. */
export interface ApiRequest {
  readonly method: string
  /** The request target as received, its query included: a path or an absolute URL. */
  readonly url: string
  /** Every line of a header, by its name in lower case; none when it is absent. */
  readonly header: (name: string) => readonly string[]
  /** The certificate of the client of this connection, DER; undefined where there is none, or nobody knows. */
  readonly certificate?: (() => Uint8Array | undefined) | undefined
}
